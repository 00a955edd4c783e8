import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { seedRecords } from './records.ts';
import { median, quantile, type Table } from './table.ts';
import { type Server, startServer, startUpstream } from './upstream.ts';

const TOOL = 'gpt_4o_image_text_to_image';
const [FEW, MANY, MOST] = [50, 2_000, 5_000];
// Servers that are started for each row, and what is asked of each once it is warm.
const ROUNDS = 5;
const LISTS = 10;
const SUBMITS = 10;
// Without a wait: what follows the submit is not measured here.
const NO_WAIT = ['--wait', '0'];
const LIMITED = [...NO_WAIT, '--budget', '1000'];
// By then a server has done what it does in idle time.
const SETTLED = 1_000;

/** What records of earlier jobs cost: their list, and the submit of one more. */
export async function history(): Promise<Table[]> {
  const sandbox = await startUpstream({ pace: 0, slots: 1_000 });
  const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
  const at = (name: string) => join(scratch, name);
  const [few, otherFew, many] = [at('few'), at('other'), at('many')];
  try {
    for (const dir of [few, otherFew]) seedRecords(dir, sandbox.origin, { to: FEW });
    seedRecords(many, sandbox.origin, { to: MANY });
    // In this order, and each with its own few, as submits add to the records.
    const lists = [await measureLists(sandbox, many)];
    const submits = await measureSubmits(sandbox, [few, many], NO_WAIT);
    const limited = await measureSubmits(sandbox, [otherFew, many], LIMITED);
    seedRecords(many, sandbox.origin, { from: MANY, to: MOST });
    lists.push(await measureLists(sandbox, many));
    return [
      {
        title: 'list_image_jobs',
        columns: [
          'records',
          'cold ms',
          'warm p50 ms',
          'warm p99 ms',
          'block ms',
          'worst ms',
          'idle, worst ms',
        ],
        rows: [MANY, MOST].map((records, index) => [records, ...(lists[index] ?? [])]),
        notes: [
          `${ROUNDS} servers; cold is the first call of each, warm are ${LISTS} more, block the longest of the event loop meanwhile: the median of the servers, and the worst.`,
          `Goals: warm p50 <= 60 ms with ${MANY}, blocks <= 50 ms with ${MOST}, by the event loop monitor, with what the machine adds.`,
        ],
      },
      {
        title: 'From tools/call to its POST upstream',
        columns: ['records', 'right after the start, ms', 'first call, ms', 'later ones, ms'],
        rows: [...submitRows('', submits), ...submitRows(', with a budget', limited)],
        notes: [
          `Medians of ${ROUNDS} servers for each row, in turn; the first call comes ${SETTLED / 1000} s after the start, ${SUBMITS} later ones behind it.`,
          'Goal: ratios of at most 1.5. All records are of the last 24 hours, so all count against a budget.',
        ],
      },
    ];
  } finally {
    await sandbox.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function submitRows(how: string, [few = [], many = []]: number[][]): (string | number)[][] {
  return [
    [`${FEW}${how}`, ...few],
    [`${MANY}${how}`, ...many],
    ['  ratio', ...many.map((ms, column) => ms / (few[column] ?? Number.NaN))],
  ];
}

async function measureLists({ origin }: Sandbox, dir: string): Promise<number[]> {
  const cold: number[] = [];
  const warm: number[] = [];
  const blocks: number[] = [];
  const idle: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { server, cost } = startServer(origin, dir);
    const list = async () => {
      const began = performance.now();
      await server.ask('tools/call', { name: 'list_image_jobs', arguments: {} });
      return performance.now() - began;
    };
    await server.list();
    await delay(SETTLED);
    await cost();
    await delay(SETTLED);
    idle.push((await cost()).blockedMs);
    cold.push(await list());
    for (let count = 0; count < LISTS; count++) warm.push(await list());
    blocks.push((await cost()).blockedMs);
    await server.kill();
  }
  return [
    median(cold),
    median(warm),
    quantile(warm, 0.99),
    median(blocks),
    Math.max(...blocks),
    Math.max(...idle),
  ];
}

/** ms of a server's first call right after its start, of its first call later on, and of those behind that. */
const KINDS = ['atOnce', 'first', 'later'] as const;
type Times = Record<(typeof KINDS)[number], number[]>;

async function measureSubmits(
  sandbox: Sandbox,
  dirs: readonly string[],
  args: string[],
): Promise<number[][]> {
  const times = dirs.map((): Times => ({ atOnce: [], first: [], later: [] }));
  let onSubmit = () => {};
  sandbox.failAtRandom((route) => {
    if (route === 'submit') onSubmit();
    return undefined;
  });
  async function timeToPost({ server }: Server): Promise<number> {
    let submittedAt = Number.NaN;
    onSubmit = () => {
      submittedAt = performance.now();
    };
    const began = performance.now();
    const { isError } = await server.ask('tools/call', { name: TOOL, arguments: { prompt: randomUUID() } });
    if (isError) throw new Error('a call failed');
    return submittedAt - began;
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, dir] of dirs.entries()) {
      const { atOnce, first, later } = times[index] as Times;
      for (const settles of [false, true]) {
        const started = startServer(sandbox.origin, dir, args);
        await started.server.list();
        if (settles) await delay(SETTLED);
        (settles ? first : atOnce).push(await timeToPost(started));
        for (let count = 0; settles && count < SUBMITS; count++) later.push(await timeToPost(started));
        await started.server.kill();
      }
    }
  }
  return times.map((kinds) => KINDS.map((kind) => median(kinds[kind])));
}
