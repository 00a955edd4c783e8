import { setTimeout as delay } from 'node:timers/promises';
import type { Table } from './table.ts';
import { startBoth } from './upstream.ts';

const TOOL = 'gpt_4o_image_text_to_image';
const JOBS = 1_000;
const WARM_UP = 100;
const ROUND_TRIP = 80;
// What the service allows: reads a second, and how many of them at once.
const ALLOWED = 10;
const FOLLOWED_FOR = 10_000;

/** Many jobs in flight in one process. */
export async function many(): Promise<Table[]> {
  // Jobs that go on for as long as they are looked at.
  const both = await startBoth({ slots: 2_000, pace: 1_000 });
  const { sandbox, server } = both;
  let allowance = ALLOWED;
  let countedAt = performance.now();
  let reads = 0;
  let refused = 0;
  sandbox.failAtRandom((route) => {
    if (route !== 'submit') {
      reads += 1;
      const now = performance.now();
      allowance = Math.min(ALLOWED, allowance + ((now - countedAt) / 1000) * ALLOWED);
      countedAt = now;
      if (allowance < 1) {
        refused += 1;
        return { status: 429, body: { detail: 'Too Many Requests' } };
      }
      allowance -= 1;
    }
    return { stall: delay(ROUND_TRIP) };
  });
  const submit = (prompt: string) => server.ask('tools/call', { name: TOOL, arguments: { prompt } });
  try {
    await server.list();
    // What V8 compiles for the first hundred is no job's own.
    for (let count = 0; count < WARM_UP; count++) void submit(`warm up ${count}`).catch(() => {});
    await delay(5_000);
    const before = await both.cost();
    const began = performance.now();
    for (let count = 0; count < JOBS; count++) {
      void submit(`job ${count}`).catch(() => {});
      if (count % 5 === 4) await delay(10);
    }
    while (sandbox.engine.jobs.length < WARM_UP + JOBS) await delay(50);
    const submitted = performance.now() - began;
    await delay(3_000);
    const { blockedMs: submitting } = await both.cost();
    const [readsBefore, cpuBefore] = [reads, (await both.cost()).cpuMs];
    await delay(FOLLOWED_FOR);
    const after = await both.cost();
    return [
      {
        title: `${JOBS} jobs in flight in one process, ${ROUND_TRIP} ms round trip, ${ALLOWED} reads a second allowed`,
        columns: ['', 'measured', 'goal'],
        rows: [
          ['submits a second', JOBS / (submitted / 1000), ''],
          ['reads a second', (reads - readsBefore) / (FOLLOWED_FOR / 1000), '<= 10'],
          ['reads refused', refused, '0'],
          ['connections at most', sandbox.maxConnections, '<= 16'],
          [
            'heap a job, kB (5.9 of it the SDK keeps for any open call)',
            (after.heap - before.heap) / JOBS / 1024,
            '<= 8',
          ],
          ['longest block of the event loop while submitting, ms', submitting, '<= 50'],
          ['longest block of the event loop while following, ms', after.blockedMs, '<= 50'],
          ['processor while following, ms a second', (after.cpuMs - cpuBefore) / (FOLLOWED_FOR / 1000), ''],
        ],
        notes: [
          'Heap after a full collection. Blocks are by the event loop monitor, with what the machine adds.',
        ],
      },
    ];
  } finally {
    await both.close();
  }
}
