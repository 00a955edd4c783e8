import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  type ClientCapabilities,
  type Implementation,
  type ListToolsResult,
  type McpServerFactory,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  Server,
  type ServerContext,
  type TextResourceContents,
  type Transport,
} from '@modelcontextprotocol/server';
import type { PreviewSetting } from '../config/settings.ts';
import type { Log } from '../log.ts';
import { readArguments } from '../tools/support/arguments.ts';
import type { Answer, Tool } from '../tools/support/define.ts';
import { presentError } from '../tools/support/present.ts';
import { jsonSchema } from '../tools/support/schema.ts';
import { NAME, VERSION } from '../version.ts';
import { showsViews, VIEW, viewMeta } from './apps.ts';
import { type Answers, type CallOptions, createAnswers, openCall } from './call.ts';
import { takesImages } from './hosts.ts';
import { guarded } from './outgoing.ts';

// Hosts that load tools on demand show a model this and the names of the tools, and nothing else (measured).
const INSTRUCTIONS = [
  "Use this server to make or edit images, and videos or audio, with RunComfy's hosted models: one tool for each built-in model, and find_image_models with run_image_model for all others.",
  'Every call of a model costs money; all other tools are free.',
  'A call waits for its job. If the answer says that the job is not done yet, call get_image_job with its request_id: do not submit it again.',
  'list_image_jobs finds earlier jobs. Links to images are temporary: save_images keeps them.',
].join(' ');

// Claude Code finds tools that it has not loaded yet by this.
const SEARCH_HINT = 'anthropic/searchHint';

export interface ServerOptions extends CallOptions {
  tools: readonly Tool[];
  /** Holds the tool calls that are open. */
  calls: Set<Promise<unknown>>;
  log: Log;
  /** The user's own wish; undefined asks the table of hosts. */
  preview: PreviewSetting | undefined;
  /** Takes keys out of every text that leaves. */
  redact: (text: string) => string;
  /** The page that shows jobs in a chat. */
  view: () => Promise<TextResourceContents>;
}

/** Makes MCP servers over the tools: one per connection over stdio, so jobs live outside of it. */
export function createServerFactory(options: ServerOptions): McpServerFactory {
  const { tools, calls, redact, view } = options;
  return () => {
    const answers = createAnswers();
    const server = new GuardedServer(redact, answers);
    const seesViews = (context: ServerContext) => showsViews(clientOf(server, context).capabilities);

    server.setRequestHandler('tools/list', (_, context) => {
      const isShown = seesViews(context);
      const offered = tools.filter(({ view }) => isShown || view !== 'asked');
      return { tools: offered.map((tool) => listed(tool, isShown)) };
    });
    server.setRequestHandler('tools/call', ({ params }, context) => {
      const tool = tools.find(({ name }) => name === params.name);
      if (!tool || (tool.view === 'asked' && !seesViews(context)))
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Tool ${params.name} not found`);
      const { name } = clientOf(server, context);
      return track(calls, callTool(tool, params.arguments, context, name, answers, options));
    });
    server.setRequestHandler('resources/list', (_, context) => ({
      resources: seesViews(context) ? [VIEW] : [],
    }));
    server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: [] }));
    server.setRequestHandler('resources/read', async ({ params }, context) => {
      if (params.uri !== VIEW.uri || !seesViews(context)) throw new ResourceNotFoundError(params.uri);
      return { contents: [await view()] };
    });
    return server;
  };
}

/** A server of which everything that leaves, answers, errors, progress, lists and pages, passes one place. */
class GuardedServer extends Server {
  readonly #redact: (text: string) => string;
  readonly #answers: Answers;

  constructor(redact: (text: string) => string, answers: Answers) {
    super(
      { name: NAME, title: 'RunComfy images', version: VERSION },
      {
        capabilities: { tools: { listChanged: false }, resources: { listChanged: false } },
        instructions: INSTRUCTIONS,
      },
    );
    this.#redact = redact;
    this.#answers = answers;
  }

  override connect(transport: Transport): Promise<void> {
    return super.connect(guarded(transport, this.#redact, this.#answers.onSend));
  }
}

function listed(tool: Tool, isShown: boolean): ListToolsResult['tools'][number] {
  const { name, title, description, annotations, searchHint, input, output } = tool;
  return {
    name,
    title,
    description,
    inputSchema: jsonSchema(input, 'input') as { type: 'object' },
    annotations,
    _meta: { [SEARCH_HINT]: searchHint, ...(isShown && viewMeta(tool)) },
    outputSchema: jsonSchema(output, 'output') as { type: 'object' },
  };
}

/** What a client says of itself: at initialize, or with every request in the stateless protocol. */
function clientOf(server: Server, { mcpReq }: ServerContext) {
  const envelope = mcpReq.envelope as Envelope | undefined;
  return {
    name: (envelope?.[CLIENT_INFO_META_KEY] ?? server.getClientVersion())?.name,
    capabilities: envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities(),
  };
}

interface Envelope {
  [CLIENT_INFO_META_KEY]?: Implementation;
  [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities;
}

/** Holds work in a set until it has ended. */
function track<Result>(open: Set<Promise<unknown>>, work: Promise<Result>): Promise<Result> {
  open.add(work);
  return work.finally(() => open.delete(work));
}

async function callTool(
  tool: Tool,
  args: unknown,
  context: ServerContext,
  client: string | undefined,
  answers: Answers,
  options: ServerOptions,
): Promise<CallToolResult> {
  const preview = options.preview ?? (takesImages(client) ? 'small' : 'off');
  const { wait, end } = openCall(context, client, answers, options);
  try {
    const input = readArguments(tool, args);
    return success(await tool.run(input, { wait, preview }));
  } catch (error) {
    const text = presentError(error, tool.isPaid);
    options.log.info(`${tool.name}: ${text}`);
    // No structuredContent: some hosts would show the model that instead of the message.
    return { isError: true, content: [{ type: 'text', text }] };
  } finally {
    await end();
  }
}

/**
 * The answer stands whole in the text and in structuredContent. No resource links: no client gains from them, and some
 * make the whole result one text for the model, base64 included (OpenAI Agents for JavaScript, measured).
 */
function success({ text, data, previews = [] }: Answer): CallToolResult {
  return {
    content: [
      { type: 'text', text },
      ...previews.map((preview) => ({
        type: 'image' as const,
        data: preview.data.toString('base64'),
        mimeType: preview.mimeType,
      })),
    ],
    structuredContent: data,
  };
}
