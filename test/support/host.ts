import { readFileSync } from 'node:fs';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { onTestFinished } from 'vitest';
import { MAIN, plainEnv } from './process.ts';
import { KEY, textOf } from './program.ts';

/** What a tool call answered, as far as tests look at it. */
export interface Answered {
  text: string;
  isError: boolean;
  data: Record<string, unknown>;
}

/** A spawned server with a real client on it, which can be killed. */
export interface Host {
  pid: number;
  call(name: string, args: Record<string, unknown>, options?: CallOptions): Promise<Answered>;
  /** Ends the server with SIGKILL and resolves when it is gone. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export interface CallOptions {
  onProgress?: (message: string) => void;
  signal?: AbortSignal;
}

/** Which server a host starts, and how. */
export interface ServerSetup {
  baseUrl: string;
  dataDir: string;
  args?: readonly string[];
  /** Another copy of the bundle. */
  main?: string;
  /** Options of Node itself. */
  nodeOptions?: readonly string[];
  /** Variables besides those that every server gets. */
  env?: Record<string, string>;
  /** A command and its arguments that start the server in namespaces of its own. */
  inside?: readonly string[];
  /** Sees every answer that came whole, also that of a call which the client gave up and does not want any more. */
  onAnswer?: (args: Record<string, unknown>, answer: Answered, isWanted: boolean) => void;
}

/** The command that starts a server, and what it finds in its environment. */
export function serverCommand(setup: ServerSetup) {
  const { main = MAIN, baseUrl, dataDir, args = [], inside = [], nodeOptions = [], env } = setup;
  const [command = '', ...rest] = [...inside, process.execPath, ...nodeOptions, main];
  return {
    command,
    args: [...rest, '--base-url', baseUrl, '--data-dir', dataDir, ...args],
    // Tests of other things need not wait for pictures to be drawn and decoded.
    env: plainEnv({ RUNCOMFY_API_KEY: KEY, RUNCOMFY_PREVIEW: 'off', ...env }),
  };
}

export async function startHost(server: ServerSetup): Promise<Host> {
  const transport = new StdioClientTransport({ ...serverCommand(server), stderr: 'ignore' });
  const client = new Client({ name: 'test-host', version: '1.0.0' });
  await client.connect(transport);
  if (server.onAnswer) tellAnswers(transport, server.onAnswer);
  const outer = transport.pid as number;
  const pid = server.inside ? childOf(outer) : outer;
  const gone = new Promise<void>((resolve) => {
    client.onclose = resolve;
  });
  onTestFinished(() => client.close());
  return {
    pid,
    async call(name, given, { onProgress, signal } = {}) {
      const result = await client.callTool(
        { name, arguments: given },
        {
          timeout: 60_000,
          ...(onProgress && { onprogress: ({ message = '' }) => onProgress(message) }),
          ...(signal && { signal }),
        },
      );
      return answered(result);
    },
    async kill() {
      process.kill(pid, 'SIGKILL');
      await gone;
    },
    close: () => client.close(),
  };
}

type Result = { content: unknown; isError?: boolean | undefined; structuredContent?: unknown };

/** The result of a tool call as tests look at it. */
export function answered(result: Result): Answered {
  return {
    text: textOf(result),
    isError: result.isError === true,
    data: (result.structuredContent ?? {}) as Record<string, unknown>,
  };
}

/** Looks over a client's shoulder: it drops the answers to calls that it gave up. */
function tellAnswers(transport: StdioClientTransport, tell: NonNullable<ServerSetup['onAnswer']>): void {
  const calls = new Map<unknown, { args: Record<string, unknown>; isWanted: boolean }>();
  const send = transport.send.bind(transport);
  transport.send = (message) => {
    const { id, method, params = {} } = message as { id?: unknown; method?: string; params?: Given };
    if (method === 'tools/call') calls.set(id, { args: params.arguments ?? {}, isWanted: true });
    const given = method === 'notifications/cancelled' ? calls.get(params.requestId) : undefined;
    if (given) given.isWanted = false;
    return send(message);
  };
  const receive = transport.onmessage?.bind(transport);
  transport.onmessage = (message) => {
    const call = 'id' in message ? calls.get(message.id) : undefined;
    if (call && 'result' in message) tell(call.args, answered(message.result as Result), call.isWanted);
    receive?.(message);
  };
}

type Given = { arguments?: Record<string, unknown>; requestId?: unknown };

/** The only child of a process. */
export function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}
