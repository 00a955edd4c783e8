import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectRaw, ERAS, type Era, startHttpServer } from './http-client.ts';
import { quantile, type Table } from './table.ts';
import { startServer, startUpstream } from './upstream.ts';

const TOOL = 'gpt_4o_image_text_to_image';
const [FEW, MANY] = [200, 1_000];
// Calls that are answered at once: so many at a time, for so many ms.
const AT_A_TIME = 32;
const ASKED_FOR = 5_000;

/** What calls over HTTP cost while they wait, and how many a process answers. */
export async function http(): Promise<Table[]> {
  const waiting: (string | number)[][] = [];
  for (const era of ERAS) waiting.push(...(await measureWaiting(era)));
  return [
    {
      title: `${MANY} calls that wait at once over HTTP, in one process`,
      columns: ['', 'heap kB a call', 'resident kB a call', 'resident MB'],
      rows: waiting,
      notes: [
        `Slopes from ${FEW} to ${MANY} calls, after a full collection; the job of a call is in it. Goal: 40 kB of heap.`,
      ],
    },
    await measureAnswers(),
  ];
}

async function measureWaiting(era: Era): Promise<(string | number)[][]> {
  const rows: (string | number)[][] = [];
  for (const progress of [false, true]) {
    const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
    // Jobs that go on for as long as they are looked at.
    const sandbox = await startUpstream({ slots: 2_000, pace: 1_000 });
    const server = await startHttpServer(sandbox.origin, scratch);
    const client = await connectRaw(server.url, era);
    const reach = async (count: number) => {
      for (let job = sandbox.engine.jobs.length; job < count; job++) {
        const meta = progress ? { progressToken: job } : {};
        client.call(TOOL, { prompt: `job ${job}` }, meta).catch(() => {});
        if (job % 5 === 4) await delay(10);
      }
      while (sandbox.engine.jobs.length < count) await delay(50);
      await delay(3_000);
      return server.cost();
    };
    try {
      const few = await reach(FEW);
      const many = await reach(MANY);
      const slope = (of: 'heap' | 'resident') => (many[of] - few[of]) / (MANY - FEW) / 1024;
      const name = `${era}${progress ? ', with progress' : ''}`;
      rows.push([name, slope('heap'), slope('resident'), many.resident / 2 ** 20]);
    } finally {
      client.close();
      await server.close();
      await sandbox.close();
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  return rows;
}

/** Calls of a finished job, which is on record: nothing is asked upstream. */
async function measureAnswers(): Promise<Table> {
  const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
  const sandbox = await startUpstream({ slots: 1_000, pace: 0 });
  const server = await startHttpServer(sandbox.origin, join(scratch, 'http'));
  const stdio = startServer(sandbox.origin, join(scratch, 'stdio'));
  const clients = await Promise.all(ERAS.map((era) => connectRaw(server.url, era)));
  type Call = (name: string, args: object) => Promise<Record<string, unknown>>;
  const spoken: Call = (name, args) => stdio.server.ask('tools/call', { name, arguments: args });
  const ways: { name: string; call: Call; cost: typeof server.cost }[] = [
    { name: 'stdio', call: spoken, cost: stdio.cost },
    ...ERAS.map((era, index) => ({
      name: `HTTP, ${era}`,
      call: clients[index]?.call as Call,
      cost: server.cost,
    })),
  ];
  try {
    await stdio.server.list();
    const rows: (string | number)[][] = [];
    for (const { name, call, cost } of ways) {
      const done = await call(TOOL, { prompt: name });
      const { request_id } = done.structuredContent as { request_id: string };
      const ask = () => call('get_image_job', { request_id });
      await during(500, ask);
      const before = await cost();
      const times = await during(ASKED_FOR, ask);
      const { cpuMs } = await cost();
      rows.push([
        name,
        times.length / (ASKED_FOR / 1000),
        quantile(times, 0.5),
        quantile(times, 0.95),
        (cpuMs - before.cpuMs) / times.length,
      ]);
    }
    const base = Number(rows[0]?.[1]);
    return {
      title: `get_image_job of a finished job, ${AT_A_TIME} calls at a time`,
      columns: ['', 'calls/s', 'p50 ms', 'p95 ms', 'processor ms a call', 'to stdio'],
      rows: rows.map((row) => [...row, Number(row[1]) / base]),
      notes: ['One client on the same machine, which takes its share of the processors.'],
    };
  } finally {
    for (const client of clients) client.close();
    await Promise.all([server.close(), stdio.server.kill()]);
    await sandbox.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The ms of each call, made by as many callers at a time. */
async function during(ms: number, ask: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + ms;
  const caller = async () => {
    while (performance.now() < end) {
      const began = performance.now();
      await ask();
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, caller));
  return times;
}
