import { describe, expect, it } from 'vitest';
import type { JobPlan } from '../../src/sandbox/engine.ts';
import type { Route } from '../../src/sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { checkAnswer, checkBooks, readRecords } from '../support/books.ts';
import { finishAll } from '../support/calls.ts';
import { type Host, startHost } from '../support/host.ts';
import { freshDataDir, KEY } from '../support/program.ts';

const TOOL = 'gpt_image_2_text_to_image';
const INPUT = { prompt: 'a fox' };
const HOURS = 3_600_000;
const never = new Promise<never>(() => {});

interface Scene {
  sandbox: Sandbox;
  host: Host;
  dataDir: string;
}

/** A step of a job's life at which the server is killed: how upstream is set up, and when the step is reached. */
interface Moment {
  step: string;
  plan?: Partial<JobPlan>;
  hold?: Route;
  stall?: Route;
  reached: (scene: Scene) => unknown;
  /** How the next identical call ends, and how many jobs upstream then has. */
  next: 'submitted' | 'told' | 'resumed';
  jobs: number;
}

const saw =
  (route: Route, count = 1) =>
  ({ sandbox }: Scene) =>
    sandbox.requests.filter((request) => request.route === route).length >= count;
const recorded =
  (state: string) =>
  ({ dataDir }: Scene) =>
    readRecords(dataDir)[0]?.state === state;

const MOMENTS: Moment[] = [
  {
    step: 'the submit has arrived, nothing is done',
    stall: 'submit',
    reached: saw('submit'),
    next: 'told',
    jobs: 0,
  },
  {
    step: 'the job is made, its answer is held',
    hold: 'submit',
    reached: ({ sandbox }) => sandbox.engine.jobs.length > 0,
    next: 'told',
    jobs: 1,
  },
  {
    step: 'the request id is recorded',
    plan: { queueMs: HOURS },
    reached: recorded('in_queue'),
    next: 'resumed',
    jobs: 1,
  },
  {
    step: 'a status is being read',
    plan: { queueMs: HOURS },
    hold: 'status',
    reached: saw('status'),
    next: 'resumed',
    jobs: 1,
  },
  {
    step: 'the job was seen in the queue',
    plan: { queueMs: HOURS },
    reached: saw('status', 2),
    next: 'resumed',
    jobs: 1,
  },
  {
    step: 'the job was seen running',
    plan: { queueMs: 0, runMs: HOURS },
    reached: recorded('in_progress'),
    next: 'resumed',
    jobs: 1,
  },
  {
    step: 'a result is being read',
    plan: { queueMs: 0, runMs: HOURS },
    hold: 'result',
    reached: saw('result'),
    next: 'resumed',
    jobs: 1,
  },
  {
    step: 'the final result is held',
    plan: { queueMs: 0, runMs: 0 },
    hold: 'result',
    reached: saw('result'),
    next: 'resumed',
    jobs: 1,
  },
  {
    step: 'the final result is recorded',
    plan: { queueMs: 0, runMs: 0 },
    reached: recorded('succeeded'),
    next: 'resumed',
    jobs: 1,
  },
  {
    step: 'the outcome was delivered',
    plan: { queueMs: 0, runMs: 0 },
    reached: ({ dataDir }) => readRecords(dataDir)[0]?.delivered_at,
    next: 'submitted',
    jobs: 2,
  },
];

describe('kill -9, then the same call on a new process', () => {
  it.each(MOMENTS)('when $step: $next', async ({ plan, hold, stall, reached, next, jobs }) => {
    const sandbox = await startSandbox({ key: KEY, pace: 0 });
    const dataDir = freshDataDir();
    const start = () => startHost({ baseUrl: sandbox.origin, dataDir });
    if (plan) sandbox.engine.planNext(plan);
    if (hold) sandbox.inject({ on: hold, what: { hold: never } });
    if (stall) sandbox.inject({ on: stall, what: { stall: never } });

    const first = await start();
    const cut = first.call(TOOL, INPUT).catch(() => undefined);
    await expect
      .poll(() => reached({ sandbox, host: first, dataDir }), { timeout: 20_000, interval: 5 })
      .toBeTruthy();
    await first.kill();
    await cut;
    checkBooks(sandbox, dataDir, 1);
    finishAll(sandbox);

    const second = await (await start()).call(TOOL, INPUT);
    checkAnswer(second.text, second.isError);
    checkBooks(sandbox, dataDir, next === 'submitted' ? 2 : 1);
    if (next === 'told') {
      expect(second.text).toContain('was cut off while it was submitted');
      await expect.poll(() => readRecords(dataDir)[0]?.delivered_at).toBeTruthy();
      const third = await (await start()).call(TOOL, INPUT);
      expect(third.data).toMatchObject({ status: 'succeeded' });
    } else {
      expect(second.data).toMatchObject({
        status: 'succeeded',
        ...(next === 'resumed' && { resumed: true }),
      });
    }
    expect(sandbox.engine.jobs).toHaveLength(next === 'told' ? jobs + 1 : jobs);
    await sandbox.close();
  });

  it('before any call, or while a job is cancelled, loses nothing', async () => {
    const sandbox = await startSandbox({ key: KEY, pace: 0 });
    const dataDir = freshDataDir();
    const start = () => startHost({ baseUrl: sandbox.origin, dataDir, args: ['--wait', '0'] });
    const idle = await start();
    await idle.kill();
    sandbox.engine.planNext({ queueMs: HOURS });
    const host = await start();
    const { data } = await host.call(TOOL, INPUT);
    sandbox.inject({ on: 'cancel', what: { hold: never } });
    const cut = host.call('cancel_image_job', { request_id: data.request_id }).catch(() => undefined);
    await expect.poll(() => sandbox.requests.some(({ route }) => route === 'cancel')).toBe(true);
    await host.kill();
    await cut;
    checkBooks(sandbox, dataDir, 1);
    const after = await (await start()).call('get_image_job', { request_id: data.request_id });
    await expect.poll(() => readRecords(dataDir)[0]?.state).toBe('cancelled');
    expect(after.data).toMatchObject({ request_id: data.request_id });
    await sandbox.close();
  });
});
