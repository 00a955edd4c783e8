import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/job.ts';
import { createRunTimes } from '../../src/jobs/polling/run-times.ts';
import type { StoredJob } from '../../src/jobs/store.ts';
import { createLog } from '../../src/log.ts';

const KIND = { model: 'a/b', input: { prompt: 'x', quality: 'high' } };
let made = 0;
const job = (ran_seconds: unknown, changes: Partial<Job> = {}): Job => {
  made += 1;
  return { ...KIND, state: 'succeeded', request_id: `r${made}`, ran_seconds, ...changes } as Job;
};
const times = (count: number, seconds: number) => Array.from({ length: count }, () => job(seconds));

/** Run times over records, newest first; tells how many were read. */
function open(records: Job[] = []) {
  const read: Job[] = [];
  const log: string[] = [];
  async function* newest(): AsyncGenerator<StoredJob> {
    for (const record of records) {
      read.push(record);
      yield { id: 'n', revision: 1, fingerprint: 'f', job: record };
    }
  }
  const runTimes = createRunTimes({
    store: { newest },
    log: createLog(
      'warn',
      (text) => text,
      (line) => void log.push(line),
    ),
  });
  const learn = (jobs: Job[]) => {
    for (const one of jobs) runTimes.learn(one);
    return runTimes.expect(KIND);
  };
  return { runTimes, learn, read, log };
}

const cold = open().runTimes.expect(KIND);
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('run times', () => {
  it('move to what is seen, the first job most', () => {
    const { learn } = open();
    const medians = [cold, ...Array.from({ length: 10 }, () => learn([job(8)]))].map(({ median }) => median);
    expect(medians).toEqual([...medians].sort((a, b) => b - a));
    expect(medians[1]).toBeLessThan(Math.sqrt(8 * cold.median));
    expect(medians[10]).toBeCloseTo(8, 0);
  });

  it('get surer with every job like the others, but never surer than run times are', () => {
    const { learn } = open();
    const sigmas = [cold, ...Array.from({ length: 40 }, () => learn([job(20)]))].map(({ sigma }) => sigma);
    expect(sigmas).toEqual([...sigmas].sort((a, b) => b - a));
    expect(sigmas[40]).toBeGreaterThanOrEqual(0.2);
    expect(sigmas[40]).toBeLessThan(0.25);
  });

  it('get wider where jobs differ', () => {
    const even = open().learn(times(10, 20));
    const wide = open().learn([8, 45, 12, 60, 20, 33, 9, 25, 50, 15].map((seconds) => job(seconds)));
    expect(wide.sigma).toBeGreaterThan(1.5 * even.sigma);
  });

  it('follow drift within some jobs', () => {
    const { learn } = open();
    learn(times(30, 20));
    expect(learn(times(6, 30)).sigma).toBeGreaterThan(1.05 * open().learn(times(36, 20)).sigma);
    expect(learn(times(20, 30)).median).toBeGreaterThan(27);
  });

  it('are not spoilt by one job that is stuck', () => {
    const { learn } = open();
    const before = learn(times(10, 20));
    const after = learn([job(1_800)]);
    expect(after.median).toBeLessThan(1.3 * before.median);
    expect(after.sigma).toBeLessThan(3 * before.sigma);
  });

  it('are kept by model, quality and resolution, and by nothing else', () => {
    const { runTimes, learn } = open();
    learn(times(5, 8));
    const { median } = runTimes.expect(KIND);
    expect(runTimes.expect({ model: 'a/b', input: { quality: 'high', prompt: 'y' } }).median).toBe(median);
    for (const other of [
      { model: 'a/c', input: KIND.input },
      { model: 'a/b', input: {} },
      { model: 'a/b', input: { quality: 'low' } },
      { model: 'a/b', input: { quality: 'high', resolution: '4k' } },
    ])
      expect(runTimes.expect(other)).toEqual(cold);
  });

  it.each([
    ['one that failed', job(8, { state: 'failed' })],
    ['one that still runs', job(8, { state: 'in_progress' })],
    ['one whose run time nobody saw', job(undefined)],
    ['nothing at all', job(null)],
    ['no number', job(Number.NaN)],
    ['a time before the start', job(-8)],
    ['no time', job(0)],
    ['a day', job(86_400)],
  ])('learn nothing from %s', async (_, lesson) => {
    expect(open().learn([lesson])).toEqual(cold);
    const { runTimes } = open([lesson]);
    runTimes.loadHistory();
    await settled();
    expect(runTimes.expect(KIND)).toEqual(cold);
  });

  it('take a record whose input is odd for one without those inputs', () => {
    const { runTimes } = open();
    const odd = { quality: { a: 1 }, resolution: ['x'] };
    runTimes.learn(job(8, { input: odd }));
    expect(runTimes.expect({ model: 'a/b', input: {} }).jobs).toBe(1);
  });
});

describe('the records', () => {
  it('are read once and only when asked for, the newest 200, of which 50 of a kind teach', async () => {
    const records = Array.from({ length: 300 }, (_, index) => job(index < 50 ? 8 : 80));
    const { runTimes, read } = open(records);
    runTimes.expect(KIND);
    runTimes.learn(job(8));
    await settled();
    expect(read).toEqual([]);
    runTimes.loadHistory();
    runTimes.loadHistory();
    await settled();
    expect(read).toHaveLength(200);
    expect(runTimes.expect(KIND).median).toBeCloseTo(8, 0);
  });

  it('teach like the jobs themselves: the newest most', async () => {
    const jobs = [...times(10, 20), ...times(10, 30)];
    const { runTimes } = open([...jobs].reverse());
    runTimes.loadHistory();
    await settled();
    expect(runTimes.expect(KIND)).toEqual(open().learn(jobs));
  });

  it('teach once, also where their job ends or is seen twice while they are read', async () => {
    const jobs = times(5, 20);
    const last = jobs[4] as Job;
    const { runTimes } = open([...jobs].reverse());
    runTimes.loadHistory();
    runTimes.learn(last);
    runTimes.learn(last);
    await settled();
    expect(runTimes.expect(KIND)).toEqual(open().learn(jobs));
  });

  it('that cannot be read leave what jobs teach', async () => {
    const log: string[] = [];
    const runTimes = createRunTimes({
      store: {
        newest() {
          throw new Error('EACCES');
        },
      },
      log: createLog(
        'warn',
        (text) => text,
        (line) => void log.push(line),
      ),
    });
    runTimes.loadHistory();
    runTimes.learn(job(8));
    await settled();
    expect(runTimes.expect(KIND).jobs).toBe(1);
    expect(log.join()).toContain('EACCES');
  });
});
