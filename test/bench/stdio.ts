import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** A server spoken to in lines, so that next to nothing of the client is measured with it. */
export interface Spoken {
  child: ChildProcess;
  /** Resolves with the `result` of a request. */
  ask(method: string, params: object): Promise<Record<string, unknown>>;
  /** Initializes the session and lists the tools. */
  list(): Promise<unknown[]>;
  /** Ends the process with SIGKILL and resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts a server. Settings of the shell that slow every Node down stay out. */
export function speak(command: readonly string[], extra: Record<string, string>, ipc = false): Spoken {
  const [program = '', ...args] = command;
  // A bundle of certificates to read adds some 37 ms to every start.
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env;
  const child = spawn(program, args, {
    env: { ...env, ...extra },
    stdio: ['pipe', 'pipe', 'ignore', ...(ipc ? (['ipc'] as const) : [])],
  });
  const [stdin, stdout] = [child.stdin as Writable, child.stdout as Readable];
  const waiting = new Map<
    number,
    { resolve: (result: Record<string, unknown>) => void; reject: (error: Error) => void }
  >();
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const fail = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error);
  };
  child.once('error', fail);
  void ended.then(() => fail(new Error(`${command.join(' ')} ended before it answered`)));
  let rest = '';
  stdout.setEncoding('utf8').on('data', (chunk) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { id, result, error } = JSON.parse(line);
      if (error) waiting.get(id)?.reject(new Error(error.message));
      else waiting.get(id)?.resolve(result);
      waiting.delete(id);
    }
  });
  const send = (message: object) => stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  let asked = 0;
  const ask: Spoken['ask'] = (method, params) => {
    const id = ++asked;
    const answer = new Promise<Record<string, unknown>>((resolve, reject) =>
      waiting.set(id, { resolve, reject }),
    );
    send({ id, method, params });
    return answer;
  };
  return {
    child,
    ask,
    async list() {
      const clientInfo = { name: 'bench', version: '1' };
      const ready = ask('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
      send({ method: 'notifications/initialized' });
      const [, { tools }] = await Promise.all([ready, ask('tools/list', {})]);
      return tools as unknown[];
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
