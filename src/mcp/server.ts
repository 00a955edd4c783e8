import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  type ClientCapabilities,
  type Implementation,
  type InputRequiredResult,
  type JSONRPCMessage,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  Server,
  type ServerContext,
  type TextResourceContents,
} from '@modelcontextprotocol/server';
import type { PreviewSetting } from '../config/settings.ts';
import type { Jobs } from '../jobs/service.ts';
import { ApprovalNeeded } from '../jobs/spending/approval.ts';
import type { Redact } from '../runcomfy/sanitize.ts';
import { askedByAgent } from '../tools/support/approval-words.ts';
import { readArguments } from '../tools/support/arguments.ts';
import type { Tool, ToolResult } from '../tools/support/define.ts';
import { errorText } from '../tools/support/error-text.ts';
import type { Surface } from '../tools/support/surface.ts';
import { NAME, VERSION } from '../version.ts';
import { askUser, question, readAnswer, showsForms } from './approval.ts';
import { failureMeta, showsViews, VIEW } from './apps.ts';
import { type CallOptions, type Connection, createDeliveries, openCall } from './call.ts';
import { OWN_CONNECTION } from './channel.ts';
import { takesImages } from './hosts.ts';
import { instructions } from './instructions.ts';
import { keepOnly, type Opening } from './opening.ts';
import { guarded } from './outgoing.ts';
import { createProgress } from './progress.ts';
import { type CompletionOptions, createComplete } from './prompts/completions.ts';
import { servePrompts } from './prompts/prompts.ts';
import { createRoots } from './roots.ts';
import { listed } from './tool-list.ts';

export interface ServerOptions extends Omit<CallOptions, 'startProgress'>, CompletionOptions {
  jobs: Pick<Jobs, 'list' | 'approve'>;
  /** Where tool calls are until they end. */
  openCalls: Set<Promise<unknown>>;
  /** The user's setting; undefined asks the table of hosts. */
  preview: PreviewSetting | undefined;
  redact: Redact;
  homeDir: string;
  surface: Surface;
  /** The page that a host shows in the chat. */
  view: () => Promise<TextResourceContents>;
}

/** Makes what makes an MCP server for each connection; jobs outlive it. */
export function createServerFactory(options: ServerOptions): (opening: Opening) => Server {
  const { tools, openCalls, redact, view, surface } = options;
  const complete = createComplete(options);
  // Shared by all servers: over HTTP each call has one of its own.
  const about = { name: NAME, title: 'RunComfy images', version: VERSION };
  const settings = {
    capabilities: {
      tools: { listChanged: false },
      resources: { listChanged: false },
      prompts: { listChanged: false },
      completions: {},
    },
    instructions: instructions(surface),
  };
  const callOptions = { ...options, startProgress: createProgress(options.clock) };
  return ({ era, channel = OWN_CONNECTION, method }) => {
    const server = new Server(about, settings);
    if (method !== undefined) keepOnly(server, method);
    const connection = {
      channel,
      deliveries: createDeliveries(channel),
      roots: surface.isLocal ? createRoots(server, options) : async () => [],
      shown: new Set<string>(),
    };
    const connect = server.connect.bind(server);
    server.connect = (transport) => connect(guarded(transport, redact, connection.deliveries.onSend));
    const seesViews = (context: ServerContext) =>
      channel.client?.showsViews || showsViews(clientOf(server, context).capabilities);

    server.setRequestHandler('tools/list', (_, context) => {
      const isShown = seesViews(context);
      const offered = tools.filter(({ view }) => isShown || view !== 'asked');
      return { tools: offered.map((tool) => listed(tool, isShown, surface)) };
    });
    server.setRequestHandler('tools/call', ({ params }, context) => {
      const tool = tools.find(({ name }) => name === params.name);
      if (!tool || (tool.view === 'asked' && !seesViews(context)))
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Tool ${params.name} not found`);
      const { name, capabilities } = clientOf(server, context);
      const canAsk = () => showsForms(capabilities);
      const showsFailures = () => seesViews(context);
      const client = { client: name ?? channel.client?.name, era, canAsk, showsFailures, ...connection };
      const call = callTool(tool, params.arguments, context, client, callOptions);
      openCalls.add(call);
      return call.finally(() => openCalls.delete(call));
    });
    server.setRequestHandler('resources/list', (_, context) => ({
      resources: seesViews(context) ? [VIEW] : [],
    }));
    server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: [] }));
    server.setRequestHandler('resources/read', async ({ params }, context) => {
      if (params.uri !== VIEW.uri || !seesViews(context)) throw new ResourceNotFoundError(params.uri);
      return { contents: [await view()] };
    });
    servePrompts(server, { complete, redact, surface });
    return server;
  };
}

/** What a client says about itself: at initialize, or in each request of the stateless protocol. */
function clientOf(server: Server, { mcpReq }: ServerContext) {
  const envelope = mcpReq.envelope as
    | { [CLIENT_INFO_META_KEY]?: Implementation; [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities }
    | undefined;
  return {
    name: (envelope?.[CLIENT_INFO_META_KEY] ?? server.getClientVersion())?.name,
    capabilities: envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities(),
  };
}

async function callTool(
  tool: Tool,
  args: unknown,
  context: ServerContext,
  connection: Connection,
  options: ServerOptions & CallOptions,
): Promise<CallToolResult | InputRequiredResult> {
  const { client, era, canAsk, showsFailures, roots, shown } = connection;
  const preview = options.preview ?? (takesImages(client) ? 'small' : 'off');
  const { wait, sent, report, end } = openCall(context, connection, options);
  let how: Parameters<typeof end>[1] = {};
  try {
    const input = readArguments(tool, args);
    const run = () => tool.run(input, { wait, preview, roots, shown });
    if (era === 'modern' && context.mcpReq.inputResponses) await readAnswer(context, options.jobs);
    const result = await run().catch(async (error) => {
      if (era === 'modern' || !(error instanceof ApprovalNeeded) || !canAsk()) throw error;
      await askUser(error, { context, wait, report, ...options });
      return run();
    });
    void sent.then((message) => {
      if (!hasImages(message)) return;
      for (const { shownAs } of result.previews ?? []) if (shownAs !== undefined) shown.add(shownAs);
    });
    how = { data: result.data };
    return success(result);
  } catch (error) {
    how = { error };
    options.log.debug(`${tool.name}: ${errorText(error, tool.isPaid)}`);
    if (error instanceof ApprovalNeeded && era === 'modern' && canAsk()) return question(error);
    // The log gets no code.
    const text = errorText(error instanceof ApprovalNeeded ? askedByAgent(error) : error, tool.isPaid);
    // Some hosts would show the model structuredContent instead of the message.
    return { isError: true, content: [{ type: 'text', text }], ...(showsFailures() && failureMeta(error)) };
  } finally {
    await end(tool.name, how);
  }
}

/** Whether a result that was sent has images: one that was too large lost them. */
function hasImages(message: JSONRPCMessage | undefined): boolean {
  const { content = [] } = message && 'result' in message ? (message.result as Partial<CallToolResult>) : {};
  return content.some(({ type }) => type === 'image');
}

/**
 * Text and structuredContent both hold the whole answer. No resource links: no client gains from them, and OpenAI
 * Agents for JavaScript then hands the model the whole result as one text, base64 included (measured).
 */
function success({ lines, data, previews = [] }: ToolResult): CallToolResult {
  const text = [...lines, data.next].filter((line) => line !== undefined).join('\n');
  return {
    content: [
      { type: 'text', text },
      ...previews.map((preview) => ({
        type: 'image' as const,
        data: preview.data.toString('base64'),
        mimeType: preview.mimeType,
      })),
    ],
    structuredContent: JSON.parse(JSON.stringify(data)),
  };
}
