import { describe, expect, it, onTestFinished } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import type { Job, Observation } from '../../src/jobs/job.ts';
import { createRateLimiter } from '../../src/jobs/polling/rate-limiter.ts';
import { createLateCosts } from '../../src/jobs/spending/late-costs.ts';
import { createLog } from '../../src/log.ts';
import { createJumpingClock } from '../support/clock.ts';

/** Claims on jobs that succeeded without a cost, and late costs that note when each is read. */
function setUp(jobs: number) {
  const time = createJumpingClock();
  let offset = 0;
  const clock: Clock = { now: () => time.now() + offset, sleep: time.sleep };
  const began = time.now();
  const rateLimiter = createRateLimiter(clock);
  const log = createLog('silent', (text) => text);
  const reads: [id: string, afterMs: number][] = [];
  const observed: Observation[] = [];
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const api = {
    async result(id: string) {
      reads.push([id, time.now() - began]);
      return { state: 'succeeded' as const, urls: [], cost_usd: 0.04 };
    },
  };
  const costs = createLateCosts({ api, rateLimiter, clock, log, ended: end.signal });
  const claim = (changes: Partial<Job> = {}, isRecorded = true) => ({
    job: { model: 'm/m', input: {}, state: 'succeeded', request_id: 'r0', ...changes } as Job,
    isRecorded,
    observe: async (observation: Observation) => void observed.push(observation),
  });
  const claims = Array.from({ length: jobs }, (_, index) => claim({ request_id: `r${index}` }));
  const recorded = () => observed.map((one) => one.kind === 'result' && one.reply.cost_usd);
  const setBack = (ms: number) => {
    offset -= ms;
  };
  return { clock, rateLimiter, costs, claim, claims, reads, end, recorded, setBack };
}

describe('a late cost', () => {
  it('is read once, some seconds later, however often it is asked for', async () => {
    const { costs, claims, reads, recorded } = setUp(2);
    for (const claim of [...claims, ...claims]) costs.ask(claim);
    await expect.poll(recorded).toEqual([0.04, 0.04]);
    expect(reads.map(([id]) => id)).toEqual(['r0', 'r1']);
    for (const [, afterMs] of reads) expect(afterMs).toBeGreaterThanOrEqual(5_000);
  });

  it('is not put off by a clock that is set back', async () => {
    const { costs, claims, reads, recorded, setBack } = setUp(2);
    for (const claim of claims) costs.ask(claim);
    setBack(3_600_000);
    await expect.poll(recorded).toEqual([0.04, 0.04]);
    expect(reads.map(([, afterMs]) => afterMs)).toEqual([5_000, 10_000]);
  });

  it('lets every look go first', async () => {
    const { clock, rateLimiter, costs, claims, reads, recorded } = setUp(1);
    for (const claim of claims) costs.ask(claim);
    const began = clock.now();
    let looked = 0;
    // Looks of low priority that take all of the rate limiter for ten seconds.
    const looks = Array.from({ length: 100 }, async () => {
      await rateLimiter.acquire(() => 0, new AbortController().signal);
      looked = clock.now() - began;
    });
    await Promise.all(looks);
    await expect.poll(recorded).toEqual([0.04]);
    expect(reads[0]?.[1]).toBeGreaterThan(looked);
  });

  it('is not asked for where no record tells of the job, nor once the process ends', async () => {
    const { clock, costs, claim, reads, end } = setUp(0);
    costs.ask(claim({}, false));
    costs.ask(claim());
    end.abort();
    costs.ask(claim());
    await clock.sleep(60_000);
    expect(reads).toEqual([]);
  });
});
