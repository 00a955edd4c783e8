import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CATALOGUE } from '../../src/sandbox/models/index.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { speak } from './stdio.ts';
import { median, quantile, type Table } from './table.ts';

/** A server as it is started, and the folder in which it finds what earlier starts left. */
interface Start {
  name: string;
  command: readonly string[];
  /** Makes a new folder for each start. */
  cold?: boolean;
  env?: Record<string, string>;
}

/** One start: ms until the tool list was there, memory then and `SETTLED` later, the list. */
interface Started {
  ms: number;
  residentMb: number;
  settledMb: number;
  tools: unknown[];
}

const ROUNDS = 21;
const PINNED = 25;
// The first starts read from disk what later ones find in memory.
const WARM_UP = 2;
// By then a server has done what it does in idle time.
const SETTLED = 1_200;

/** Measures starts of the floor, of this server and of peers in turn, so that all meet the same machine. */
export async function startup(main: string, floor: string, peers: readonly string[]): Promise<Table[]> {
  const shared = mkdtempSync(join(tmpdir(), 'bench-'));
  const sandbox = await startSandbox();
  const models = [...CATALOGUE.keys()].slice(0, PINNED).join();
  const pinned = ['--models', models, '--base-url', sandbox.origin, '--data-dir', join(shared, 'data')];
  const starts: Start[] = [
    { name: 'floor: no library', command: [process.execPath, floor] },
    { name: 'this server', command: [process.execPath, main] },
    { name: 'this server, first start ever', command: [process.execPath, main], cold: true },
    {
      name: `this server, ${PINNED} models of the sandbox pinned`,
      command: [process.execPath, main, ...pinned],
      env: { RUNCOMFY_API_KEY: 'any' },
    },
    ...peers.map((peer) => ({ name: peer, command: peer.split(' ') })),
  ];
  const measured = starts.map((): Started[] => []);
  try {
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      for (const [index, start] of starts.entries()) {
        const cache = start.cold ? mkdtempSync(join(shared, 'cold-')) : join(shared, 'warm');
        // The last of the warm-up goes on into idle time, and so does the last round, for the memory.
        const settle = round === -1 || round === ROUNDS - 1;
        const started = await listTools(start, cache, settle);
        if (round >= 0) measured[index]?.push(started);
      }
    }
  } finally {
    await sandbox.close();
    rmSync(shared, { recursive: true, force: true });
  }
  const base = median((measured[0] ?? []).map(({ ms }) => ms));
  const rows = starts.map(({ name }, index) => {
    const runs = measured[index] ?? [];
    const times = runs.map(({ ms }) => ms);
    return [
      name,
      median(times),
      quantile(times, 0.1),
      quantile(times, 0.9),
      median(times) / base,
      median(runs.map(({ residentMb }) => residentMb)),
      runs.at(-1)?.settledMb ?? Number.NaN,
    ];
  });
  return [
    {
      title: 'Start-up: from the start of the process to the answer to tools/list',
      columns: ['', 'ms', 'p10', 'p90', 'ratio', 'MB', 'MB later'],
      rows,
      notes: [
        `${ROUNDS} rounds of each in turn; MB resident at the answer, and ${SETTLED / 1000} s later, when the HTTP client is warm.`,
        'Goal: 3 times the floor, 60 MB.',
      ],
    },
    context(starts.map(({ name }, index) => ({ name, tools: measured[index]?.at(-1)?.tools ?? [] }))),
  ];
}

async function listTools({ command, env }: Start, cache: string, settle: boolean): Promise<Started> {
  const began = performance.now();
  const { child, list, kill } = speak(command, { XDG_CACHE_HOME: cache, ...env });
  const tools = await list();
  const ms = performance.now() - began;
  const residentMb = resident(child.pid);
  if (settle) await delay(SETTLED);
  const settledMb = resident(child.pid);
  await kill();
  return { ms, residentMb, settledMb, tools };
}

/** MB; NaN where there is no /proc. */
function resident(pid: number | undefined): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

// Of this tool list one token of o200k_base holds 4.02 bytes (measured).
const BYTES_PER_TOKEN = 4;

/** What the tool lists cost an agent: in whole, and what most hosts hand to the model (name, description, input). */
function context(servers: readonly { name: string; tools: unknown[] }[]): Table {
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  const row = (name: string, listed: unknown, toModel: unknown) => [
    name,
    bytes(listed),
    bytes(toModel),
    Math.round(bytes(toModel) / BYTES_PER_TOKEN),
  ];
  const seen = (tool: unknown) => {
    const { name, description, inputSchema } = tool as Record<string, unknown>;
    return { name, description, inputSchema };
  };
  const [, ours, , pinned, ...peers] = servers;
  return {
    title: 'Context: what tools/list costs',
    columns: ['', 'bytes', 'to the model', 'tokens, some'],
    rows: [
      ...(ours?.tools ?? []).map((tool) => row(`  ${(tool as { name: string }).name}`, tool, seen(tool))),
      ...[ours, pinned, ...peers].flatMap((server) =>
        server ? [row(server.name, server.tools, server.tools.map(seen))] : [],
      ),
    ],
    notes: ['To the model: name, description and input schema, without what hosts keep for themselves.'],
  };
}
