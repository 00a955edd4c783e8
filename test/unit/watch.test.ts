import { describe, expect, it } from 'vitest';
import { ToolError } from '../../src/errors.ts';
import type { RunTiming } from '../../src/jobs/job.ts';
import { createIntervals } from '../../src/jobs/polling/intervals.ts';
import { type Poll, poll } from '../../src/jobs/polling/poll.ts';
import { createRateLimiter } from '../../src/jobs/polling/rate-limiter.ts';
import { createTurns } from '../../src/jobs/polling/turns.ts';
import type { ResultReply, StatusReply } from '../../src/runcomfy/replies.ts';
import { createJumpingClock } from '../support/clock.ts';

type Answer = StatusReply | ResultReply | 'not_finished' | ToolError;
const clock = createJumpingClock();
const intervals = createIntervals(() => ({ median: 20, sigma: 0.5, jobs: 10 }));
const interval = (runningMs?: number) => intervals.next({ model: 'm', input: {} }, runningMs);
const done: ResultReply = { state: 'succeeded', urls: ['u'] };
const running = { state: 'in_progress' as const, urls: [] };
const queued: StatusReply = { state: 'in_queue', queue_position: 1 };
const failing = (code: 'service_error' | 'unknown_request' | 'key_refused', retryable: boolean) =>
  new ToolError(code, 'x', { next: 'y', retryable });

/** Watches a job whose reads answer by script, the last of each repeating; tells what was asked and what was seen. */
async function run(
  status: Answer[],
  result: Answer[],
  { signal = new AbortController().signal, isRecorded = true } = {},
) {
  const asked: string[] = [];
  const looks: Poll['kind'][] = [];
  let timing: RunTiming | undefined;
  const answer = (name: string, script: Answer[]) => async () => {
    asked.push(name);
    const next = script.length > 1 ? script.shift() : script[0];
    if (next instanceof ToolError) throw next;
    return next as never;
  };
  const submitted_at = new Date(clock.now()).toISOString();
  const job = { model: 'm', input: {}, state: 'in_queue' as const, submitted_at };
  const priority = () => 1;
  // With one place, a read that keeps its own is the last.
  const rateLimiter = createRateLimiter(clock, { takePlace: createTurns(1).forAccount() });
  const api = { status: answer('status', status), result: answer('result', result) };
  const ended = await (async () => {
    const options = { api, isRecorded, firstInterval: 1, interval, priority, rateLimiter, clock, signal };
    for await (const look of poll('r', job, options)) {
      looks.push(look.kind);
      if (look.kind !== 'read_failed') timing = look.timing;
    }
    return 'done';
  })().catch((error) => (error instanceof ToolError ? error.code : String(error)));
  return { asked, looks, ended, timing };
}

describe('watch', () => {
  it('waits as long as it is asked to before it looks again, but for a minute at most', async () => {
    for (const [retryAfter, atLeast] of [
      [30, 30_000],
      [86_400, 60_000],
    ] as const) {
      const began = clock.now();
      const busy = new ToolError('service_error', 'x', { next: 'y', retryable: true, retryAfter });
      await run([busy, { state: 'ended' }], [done]);
      expect(clock.now() - began).toBeGreaterThanOrEqual(atLeast);
      expect(clock.now() - began).toBeLessThan(atLeast + 5_000);
    }
  });

  it('reads /status in the queue and /result while the job runs', async () => {
    const { asked, ended } = await run([queued, queued, { state: 'in_progress' }], [running, done]);
    expect(asked).toEqual(['status', 'status', 'status', 'result', 'result']);
    expect(ended).toBe('done');
  });

  it('reads the result at once when /status says that the job ended', async () => {
    expect((await run([{ state: 'ended' }], [done])).asked).toEqual(['status', 'result']);
  });

  it('goes back to /status where /result refuses an unfinished job', async () => {
    const { asked } = await run(
      [{ state: 'in_progress' }, { state: 'in_progress' }, { state: 'in_progress' }, { state: 'ended' }],
      ['not_finished', done],
    );
    expect(asked).toEqual(['status', 'result', 'status', 'status', 'status', 'result']);
  });

  it('keeps its interval where /status and /result contradict each other', async () => {
    const began = clock.now();
    const { looks } = await run([{ state: 'ended' }], ['not_finished', 'not_finished', done]);
    expect(looks).toEqual(['status', 'status', 'result']);
    expect(clock.now() - began).toBeGreaterThanOrEqual(1_000);
  });

  it('goes on after a read that failed, and stops at one that cannot succeed', async () => {
    expect((await run([failing('service_error', true), { state: 'ended' }], [done])).looks).toEqual([
      'read_failed',
      'result',
    ]);
    expect((await run([failing('key_refused', false)], [done])).ended).toBe('key_refused');
  });

  it('tells of each time that a recorded job is unknown; of another it ends there', async () => {
    const missing = failing('unknown_request', false);
    expect((await run([missing, missing, { state: 'ended' }], [done])).looks).toEqual([
      'read_failed',
      'read_failed',
      'result',
    ]);
    expect((await run([missing], [done], { isRecorded: false })).ended).toBe('unknown_request');
  });

  it('goes on after a success without output', async () => {
    const without = { ...done, urls: [] };
    const { asked } = await run([{ state: 'in_progress' }], [without, without, done]);
    expect(asked).toEqual(['status', 'result', 'result', 'result']);
  });

  it('tells for how long the job ran, as far as its looks and RunComfy tell', async () => {
    const began = clock.now();
    const { timing } = await run([queued, { state: 'in_progress' }], [running, running, done]);
    const { startedAt = 0, startedWithin = 0, ranMs = 0 } = timing ?? {};
    expect(startedAt - startedWithin).toBeGreaterThanOrEqual(began);
    expect(startedAt + ranMs).toBeLessThanOrEqual(clock.now());
    const at = (ms: number) => new Date(clock.now() + ms).toISOString();
    const told = { ...done, created_at: at(3_600_000), finished_at: at(3_600_800) };
    expect((await run([{ state: 'ended' }], [told])).timing?.ranMs).toBeLessThan(800);
  });

  it('ends with the reason of its signal, also from within a pause', async () => {
    const stop = new AbortController();
    clock.sleep(60_000).then(() => stop.abort('enough'));
    expect((await run([queued], [done], { signal: stop.signal })).ended).toBe('enough');
  });
});
