import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { type Answered, answered, childOf, type ServerSetup, serverCommand } from './host.ts';
import { send } from './raw.ts';

/** A client of a server that speaks in lines, can stop reading, and can die with answers unread. */
export interface RawClient {
  /** The server, or what started it in its namespaces. */
  child: ChildProcess;
  pid: number;
  /** Rejects when the server ends before it answered or knows no such tool, and when the signal aborts, whose reason the server is told. */
  call(name: string, args: Record<string, unknown>, signal?: AbortSignal): Promise<Answered>;
  /** Asks for the list of tools and does not wait for the answer, of some 14 kB. */
  askForTools(): void;
  stopReading(): void;
  /** Closes both pipes at once, as the client's death does, and resolves when the server is gone. */
  die(): Promise<void>;
  /** Ends the server with SIGKILL and resolves when all that had left it is read. */
  kill(): Promise<void>;
}

interface Message {
  id?: number;
  result?: Parameters<typeof answered>[0];
  error?: { message: string };
}

/** Starts a server; with `ipc` it can also be sent messages, as a script that it loads first may take them. */
export async function startRawClient(server: ServerSetup & { ipc?: boolean }): Promise<RawClient> {
  const { command, args, env } = serverCommand(server);
  const child = spawn(command, args, {
    env,
    stdio: ['pipe', 'pipe', 'ignore', ...(server.ipc ? (['ipc'] as const) : [])],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [stdin, stdout] = [child.stdin as Writable, child.stdout as Readable];
  // It may end while it is written to.
  stdin.on('error', () => {});
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const waiting = new Map<number, (message: Message) => void>();
  let asked = 0;
  let rest = '';
  stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as Message;
      waiting.get(message.id ?? 0)?.(message);
      waiting.delete(message.id ?? 0);
    }
  });

  function ask(method: string, params: object, onAnswer: (message: Message) => void = () => {}): number {
    asked += 1;
    waiting.set(asked, onAnswer);
    send({ stdin }, { id: asked, method, params });
    return asked;
  }

  const ready = new Promise<unknown>((resolve) => {
    const clientInfo = { name: 'test-raw', version: '1.0.0' };
    ask('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }, resolve);
  });
  await Promise.race([ready, gone.then(() => Promise.reject(new Error('the server did not start')))]);
  send({ stdin }, { method: 'notifications/initialized' });
  const pid = server.inside ? childOf(child.pid as number) : (child.pid as number);

  return {
    child,
    pid,
    call: (name, given, signal) =>
      new Promise((resolve, reject) => {
        void gone.then(() => reject(new Error('the server is gone')));
        const id = ask('tools/call', { name, arguments: given }, ({ result, error }) => {
          if (!result) return reject(new Error(error?.message));
          const told = answered(result);
          server.onAnswer?.(given, told, signal?.aborted !== true);
          resolve(told);
        });
        signal?.addEventListener('abort', () => {
          const params = { requestId: id, reason: String(signal.reason) };
          send({ stdin }, { method: 'notifications/cancelled', params });
          reject(signal.reason);
        });
      }),
    askForTools: () => void ask('tools/list', {}),
    stopReading: () => void stdout.pause(),
    async die() {
      stdin.destroy();
      stdout.destroy();
      await gone;
    },
    async kill() {
      process.kill(pid, 'SIGKILL');
      stdout.resume();
      await gone;
    },
  };
}
