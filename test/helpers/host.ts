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

export async function startHost(server: {
  baseUrl: string;
  dataDir: string;
  args?: readonly string[];
  /** Another copy of the bundle. */
  main?: string;
}): Promise<Host> {
  const { main = MAIN, baseUrl, dataDir, args: more = [] } = server;
  const args = [main, '--base-url', baseUrl, '--data-dir', dataDir, ...more];
  // Tests of other things need not wait for pictures to be drawn and decoded.
  const env = plainEnv({ RUNCOMFY_API_KEY: KEY, RUNCOMFY_PREVIEW: 'off' });
  const transport = new StdioClientTransport({ command: process.execPath, args, env, stderr: 'ignore' });
  const client = new Client({ name: 'test-host', version: '1.0.0' });
  await client.connect(transport);
  const pid = transport.pid as number;
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
      return {
        text: textOf(result),
        isError: result.isError === true,
        data: (result.structuredContent ?? {}) as Record<string, unknown>,
      };
    },
    async kill() {
      process.kill(pid, 'SIGKILL');
      await gone;
    },
    close: () => client.close(),
  };
}
