import { describe, expect, it, onTestFinished } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import type { Job } from '../../src/jobs/job.ts';
import { createLateCosts } from '../../src/jobs/late-costs.ts';
import { createLedger } from '../../src/jobs/ledger.ts';
import { createPace } from '../../src/jobs/pace.ts';
import { createLog } from '../../src/log.ts';
import { createJumpingClock } from '../helpers/clock.ts';
import { freshDataDir } from '../helpers/program.ts';

/** Records of jobs that succeeded without a cost, and late costs that note when each is read. */
async function setUp(jobs: number) {
  const time = createJumpingClock();
  let offset = 0;
  const clock: Clock = { now: () => time.now() + offset, sleep: time.sleep };
  const began = time.now();
  const pace = createPace(clock);
  const log = createLog('silent', (text) => text);
  const ledger = createLedger(freshDataDir(), log);
  const reads: [id: string, afterMs: number][] = [];
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const api = {
    async result(id: string) {
      reads.push([id, time.now() - began]);
      return { state: 'succeeded' as const, urls: [], cost_usd: 0.04 };
    },
  };
  const costs = createLateCosts({ api, ledger, pace, clock, log, ended: end.signal });
  const entries = [];
  for (let index = 0; index < jobs; index++) {
    const job: Job & { submitted_at: string } = {
      api: 'https://api.example',
      model: 'm/m',
      input: { index },
      state: 'succeeded',
      request_id: `r${index}`,
      submitted_at: new Date(began + index).toISOString(),
    };
    entries.push(await ledger.begin(job));
  }
  const recorded = async () => {
    const costs = [];
    for await (const { job } of ledger.newest()) costs.unshift(job.cost_usd);
    return costs;
  };
  const setBack = (ms: number) => {
    offset -= ms;
  };
  return { clock, pace, costs, entries, reads, end, recorded, setBack };
}

describe('a late cost', () => {
  it('is read once, some seconds later, however often it is asked for', async () => {
    const { costs, entries, reads, recorded } = await setUp(2);
    for (const entry of [...entries, ...entries]) costs.ask(entry);
    await expect.poll(recorded).toEqual([0.04, 0.04]);
    expect(reads.map(([id]) => id)).toEqual(['r0', 'r1']);
    for (const [, afterMs] of reads) expect(afterMs).toBeGreaterThanOrEqual(5_000);
  });

  it('is not put off by a clock that is set back', async () => {
    const { costs, entries, reads, recorded, setBack } = await setUp(2);
    for (const entry of entries) costs.ask(entry);
    setBack(3_600_000);
    await expect.poll(recorded).toEqual([0.04, 0.04]);
    expect(reads.map(([, afterMs]) => afterMs)).toEqual([5_000, 10_000]);
  });

  it('lets every look go first', async () => {
    const { clock, pace, costs, entries, reads, recorded } = await setUp(1);
    for (const entry of entries) costs.ask(entry);
    const began = clock.now();
    let looked = 0;
    // Looks of little worth that take all of the pace for ten seconds.
    const looks = Array.from({ length: 100 }, async () => {
      await pace.turn(() => 0, new AbortController().signal);
      looked = clock.now() - began;
    });
    await Promise.all(looks);
    await expect.poll(recorded).toEqual([0.04]);
    expect(reads[0]?.[1]).toBeGreaterThan(looked);
  });

  it('is not asked for of other jobs, nor once the process ends', async () => {
    const { clock, costs, entries, reads, end } = await setUp(1);
    const [{ name, job }] = entries as [(typeof entries)[number]];
    costs.ask({ job });
    costs.ask({ name, job: { ...job, cost_usd: 0 } });
    for (const state of ['failed', 'cancelled', 'in_progress', 'unknown'] as const)
      costs.ask({ name, job: { ...job, state } });
    costs.ask({ name, job });
    end.abort();
    costs.ask({ name, job });
    await clock.sleep(60_000);
    expect(reads).toEqual([]);
  });
});
