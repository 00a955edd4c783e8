import { setTimeout as delay } from 'node:timers/promises';
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
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Clock } from './clock.ts';
import { takesImages, takesLinks, waitBudget, waitEnd } from './hosts.ts';
import type { Job } from './jobs/job.ts';
import type { Jobs } from './jobs/service.ts';
import type { Wait } from './jobs/wait.ts';
import type { Log } from './log.ts';
import type { Inputs } from './media/inputs.ts';
import type { Pictures } from './media/pictures.ts';
import { outputOrigins } from './media/trust.ts';
import type { PreviewSetting } from './settings.ts';
import { readArguments } from './tools/arguments.ts';
import type { Answer, Tool, ToolContext } from './tools/define.ts';
import { presentError, progressLine } from './tools/present.ts';
import { jsonSchema } from './tools/schema.ts';
import { NAME, VERSION } from './version.ts';

const INSTRUCTIONS =
  'Image tools submit paid jobs to RunComfy and wait for them. If an answer says that a job is not done yet, call get_image_job with its request_id instead of submitting again.';

export interface ServerOptions {
  tools: readonly Tool[];
  jobs: Jobs;
  balance: ToolContext['balance'];
  catalogue: Catalogue;
  clock: Clock;
  log: Log;
  loopbackOrigin: string | undefined;
  inputs: Inputs;
  pictures: Pictures;
  savesAll: boolean;
  /** The user's own wish; undefined asks the table of hosts. */
  preview: PreviewSetting | undefined;
  /** The user's own wait in seconds; undefined asks the table of hosts. */
  waitSeconds: number | undefined;
  /** Whether what was written to the client can have reached it. */
  isConnected: () => boolean;
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
      const { name, title, description, annotations } = tool;
      const shown = server.registerTool(
        name,
        {
          title,
          description,
          annotations,
          inputSchema: advertised(tool.input),
          outputSchema: advertised(tool.output),
        },
        (args, context) => callTool(tool, args, context, clientName(server, context), options),
      );
      registered.set(tool, shown);
    }
    offerView(server, registered, async () => ({
      html: await options.viewHtml(),
      imageOrigins: outputOrigins(options.loopbackOrigin),
    }));
    return server;
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

async function callTool(
  tool: Tool,
  args: unknown,
  context: ServerContext,
  client: string | undefined,
  options: ServerOptions,
): Promise<CallToolResult> {
  const { jobs, balance, catalogue, clock, log, loopbackOrigin, inputs, pictures, savesAll, redact } =
    options;
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
      loopbackOrigin,
      inputs,
      pictures,
      preview,
      savesAll,
    });
    return success(takesLinks(client) ? answer : { ...answer, links: [] });
  } catch (error) {
    const text = redact(presentError(error));
    log.info(`${tool.name}: ${text}`);
    // No structuredContent: some hosts would show the model that instead of the message.
    return { isError: true, content: [{ type: 'text', text }] };
  } finally {
    answered();
  }
}

// In ms: an answer is written at once, and a client that is gone shows itself as a broken pipe soon after.
const ANSWER_OUT_AFTER = 20;

/** The wait of one call, and what to call when its answer is handed to the SDK, which then writes it. */
function openWait(
  context: ServerContext,
  client: string | undefined,
  { clock, log, waitSeconds, isConnected }: ServerOptions,
): { wait: Wait; answered(): void } {
  const { signal, _meta } = context.mcpReq;
  const token = _meta?.progressToken;
  const seconds = waitSeconds ?? waitBudget(client, token !== undefined);
  const began = clock.now();
  const end = new AbortController();
  const giveUp = () => end.abort(waitEnd(signal.reason));
  // A cancellation that was read in one go with its call came before this.
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  const settling: ((reached: boolean) => Promise<void>)[] = [];
  const progress = token === undefined ? undefined : createProgress(context, token, clock, began);
  return {
    wait: {
      until: began + seconds * 1000,
      signal: end.signal,
      onAnswered: (settle) => void settling.push(settle),
      onLook: progress?.report ?? (() => {}),
    },
    async answered() {
      progress?.stop();
      await delay(ANSWER_OUT_AFTER);
      const reached = !signal.aborted && isConnected();
      for (const settle of settling) await settle(reached).catch((error) => log.error(error.message));
    },
  };
}

function success({ text, data, previews = [], links }: Answer): CallToolResult {
  return {
    content: [
      { type: 'text', text },
      ...previews.map((preview) => ({
        type: 'image' as const,
        data: preview.data.toString('base64'),
        mimeType: preview.mimeType,
      })),
      ...links.map(({ uri, name }) => ({ type: 'resource_link' as const, uri, name })),
    ],
    structuredContent: data,
  };
}

// Looks may be further apart than this, in ms, where many jobs share one pace; some clients' clocks run on progress.
const PROGRESS_EVERY = 10_000;

/** Reports looks as progress in seconds, which rises as the protocol asks. Advisory: a failing notification harms nothing. */
function createProgress(
  context: ServerContext,
  progressToken: string | number,
  clock: Clock,
  began: number,
): { report(job: Job): void; stop(): void } {
  let last = -1;
  let next = new AbortController();
  const stop = () => next.abort();
  const report = (job: Job) => {
    stop();
    if (context.mcpReq.signal.aborted) return;
    last = Math.max(last + 0.001, (clock.now() - began) / 1000);
    const params = { progressToken, progress: last, message: progressLine(job, clock.now()) };
    context.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
    next = new AbortController();
    clock.sleep(PROGRESS_EVERY, next.signal).then(
      () => report(job),
      () => {},
    );
  };
  return { report, stop };
}

/** The client's name: told at initialize, or with every request in the stateless protocol. */
function clientName(server: McpServer, context: ServerContext): string | undefined {
  const envelope = context.mcpReq.envelope as Record<string, { name?: string } | undefined> | undefined;
  return envelope?.['io.modelcontextprotocol/clientInfo']?.name ?? server.server.getClientVersion()?.name;
}
