import {
  type CallToolResult,
  McpServer,
  type McpServerFactory,
  type RegisteredTool,
  type ServerContext,
  type StandardSchemaWithJSON,
} from '@modelcontextprotocol/server';
import type * as z from 'zod';
import { offerView } from './apps.ts';
import { type CallWaitOptions, openWait } from './call-wait.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import { takesImages } from './hosts.ts';
import type { Jobs } from './jobs/service.ts';
import type { Inputs } from './media/inputs.ts';
import type { Pictures } from './media/pictures.ts';
import { outputOrigins } from './media/trust.ts';
import { outgoing } from './outgoing.ts';
import type { PreviewSetting } from './settings.ts';
import { readArguments } from './tools/arguments.ts';
import type { Answer, Tool, ToolContext } from './tools/define.ts';
import { presentError } from './tools/present.ts';
import { jsonSchema } from './tools/schema.ts';
import { NAME, VERSION } from './version.ts';

// Hosts that load tools on demand show a model this and the names of the tools, and nothing else (measured).
const INSTRUCTIONS = [
  "Use this server to make or edit images, and videos or audio, with RunComfy's hosted models: one tool for each built-in model, and find_image_models with run_image_model for all others.",
  'Every call of a model costs money; all other tools are free.',
  'A call waits for its job. If the answer says that the job is not done yet, call get_image_job with its request_id: do not submit it again.',
  'list_image_jobs finds earlier jobs. Links to images are temporary: save_images keeps them.',
].join(' ');

// Claude Code finds tools that it has not loaded yet by this.
const SEARCH_HINT = 'anthropic/searchHint';

export interface ServerOptions extends CallWaitOptions {
  tools: readonly Tool[];
  /** Holds the tool calls that are open. */
  calls: Set<Promise<unknown>>;
  jobs: Jobs;
  balance: ToolContext['balance'];
  catalogue: Catalogue;
  loopbackOrigin: string | undefined;
  inputs: Inputs;
  pictures: Pictures;
  savesAll: boolean;
  /** The user's own wish; undefined asks the table of hosts. */
  preview: PreviewSetting | undefined;
  /** Takes keys out of every text that leaves. */
  redact: (text: string) => string;
  /** The page that shows jobs in a chat. */
  viewHtml: () => Promise<string>;
}

/** Makes MCP servers over the tools: one per connection over stdio, so jobs live outside of it. */
export function createServerFactory(options: ServerOptions): McpServerFactory {
  return () => {
    const server = new McpServer(
      { name: NAME, title: 'RunComfy images', version: VERSION },
      {
        capabilities: { tools: { listChanged: false }, resources: { listChanged: false } },
        instructions: INSTRUCTIONS,
      },
    );
    const registered = new Map<Tool, RegisteredTool>();
    for (const tool of options.tools) {
      const { name, title, description, annotations, searchHint } = tool;
      const shown = server.registerTool(
        name,
        {
          title,
          description,
          annotations,
          inputSchema: advertised(tool.input),
          outputSchema: advertised(tool.output),
          _meta: { [SEARCH_HINT]: searchHint },
        },
        (args, context) =>
          track(options.calls, callTool(tool, args, context, clientName(server, context), options)),
      );
      registered.set(tool, shown);
    }
    offerView(server, registered, async () => ({
      html: await options.viewHtml(),
      imageOrigins: outputOrigins(options.loopbackOrigin),
    }));
    guardOutgoing(server, options.redact);
    return server;
  };
}

/** Lets everything that leaves, answers, errors, progress, lists and pages, pass one place. */
function guardOutgoing(server: McpServer, redact: (text: string) => string): void {
  const connect = server.connect.bind(server);
  server.connect = (transport) => {
    const send = transport.send.bind(transport);
    transport.send = (message, options) => send(outgoing(message, redact), options);
    return connect(transport);
  };
}

/** Shows a schema without letting the SDK check by it: the tools' own errors say more. */
function advertised(schema: z.ZodObject): StandardSchemaWithJSON {
  const show = (io: 'input' | 'output') => () => jsonSchema(schema, io);
  return {
    '~standard': {
      version: 1,
      vendor: NAME,
      validate: (value: unknown) => ({ value }),
      jsonSchema: { input: show('input'), output: show('output') },
    },
  };
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
  options: ServerOptions,
): Promise<CallToolResult> {
  const { jobs, balance, catalogue, clock, log, loopbackOrigin, inputs, pictures, savesAll } = options;
  const preview = options.preview ?? (takesImages(client) ? 'small' : 'off');
  const { wait, answered } = openWait(context, client, options);
  try {
    const input = readArguments(tool, args);
    const answer = await tool.run(input, {
      jobs,
      balance,
      catalogue,
      wait,
      now: clock.now,
      sleep: clock.sleep,
      loopbackOrigin,
      inputs,
      pictures,
      preview,
      savesAll,
    });
    return success(answer);
  } catch (error) {
    const text = presentError(error, tool.isPaid);
    log.info(`${tool.name}: ${text}`);
    // No structuredContent: some hosts would show the model that instead of the message.
    return { isError: true, content: [{ type: 'text', text }] };
  } finally {
    await answered();
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

/** The client's name: told at initialize, or with every request in the stateless protocol. */
function clientName(server: McpServer, context: ServerContext): string | undefined {
  const envelope = context.mcpReq.envelope as Record<string, { name?: string } | undefined> | undefined;
  return envelope?.['io.modelcontextprotocol/clientInfo']?.name ?? server.server.getClientVersion()?.name;
}
