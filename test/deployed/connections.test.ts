import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { MAIN, plainEnv } from '../support/process.ts';

// Below the server's limit of 10,000, so that there is room for a normal client.
const COUNT = 9_900;
// In bytes. Measured: 8 kB.
const MAX_RESIDENT_EACH = 25_000;

const FLOOD = join(import.meta.dirname, 'flood.mjs');
const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, { env: plainEnv(), stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

const resident = ({ pid }: ChildProcess) =>
  1024 * Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

async function listTools(url: string): Promise<number> {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const response = await fetch(url, { method: 'POST', headers, body: LIST });
  return (await response.text()).length;
}

it.skipIf(process.platform !== 'linux')(
  '9,900 connections, silent or slow, cost little memory, and a normal client gets its answers',
  async () => {
    const server = start([MAIN, '--sandbox', '--http', '127.0.0.1:0']);
    const [line] = await once(server.stderr as NodeJS.ReadableStream, 'data');
    const url = /http:\S+/.exec(String(line))?.[0] as string;
    for (let warm = 0; warm < 50; warm++) await listTools(url);
    const before = resident(server);
    const flood = start([FLOOD, new URL(url).port, String(COUNT)]);
    const [told] = await once(flood.stdout as NodeJS.ReadableStream, 'data');
    expect(JSON.parse(String(told))).toEqual({ open: COUNT, lost: 0 });
    for (let count = 0; count < 20; count++) expect(await listTools(url)).toBeGreaterThan(10_000);
    const each = Math.round((resident(server) - before) / COUNT);
    process.stdout.write(`${each} bytes resident for each connection\n`);
    expect(each).toBeLessThan(MAX_RESIDENT_EACH);
  },
);
