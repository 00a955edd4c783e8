import { describe, expect, it } from 'vitest';
import { ToolError } from '../../src/errors.ts';
import type { Wait } from '../../src/jobs/calls.ts';
import { createGenerate } from '../../src/jobs/generate.ts';
import { createRateLimiter } from '../../src/jobs/polling/rate-limiter.ts';
import type { JobStore } from '../../src/jobs/store.ts';
import { createLog } from '../../src/log.ts';
import type { RunComfy } from '../../src/runcomfy/client.ts';
import { CALL, openCall, setUp } from '../support/claims.ts';

/** Submits by an upstream that answers so, once it may be asked. */
function submitting(
  answer: () => Promise<{ requestId: string }>,
  others?: (store: JobStore) => Partial<JobStore>,
) {
  const given = setUp(others);
  let posts = 0;
  const api = {
    async submit(_model: string, _input: object, maySend: () => Promise<boolean>) {
      if (!(await maySend())) throw new Error('it may not be sent');
      posts += 1;
      return answer();
    },
  } as unknown as RunComfy;
  const { generate } = createGenerate({
    ...{ ...given, calls: given.open, api, log: createLog('silent', String) },
    requireKey: async () => {},
    requireApproval: undefined,
    keep: { days: 90, jobs: 2_000 },
    rateLimiter: createRateLimiter(given.clock),
    runTimes: { learn() {}, loadHistory: async () => {}, expect: () => ({ median: 1, sigma: 1, jobs: 0 }) },
    intervals: { next: () => 0, priority: () => 0 },
    follow: async ({ job }) => ({ job, resumed: false }),
  });
  const submit = (wait: Wait) => generate(CALL.model, CALL.input, wait);
  return { ...given, submit, posts: () => posts };
}

const refused = (charged: 'no' | 'maybe') => async () => {
  throw new ToolError('service_error', 'no', { next: 'Wait.', charged });
};

describe('a submit', () => {
  it('of a call that was given up while it was reserved is not sent, and leaves nothing', async () => {
    const { wait, giveUp } = openCall();
    const { submit, posts, record } = submitting(
      async () => ({ requestId: 'r-1' }),
      (store) => ({
        async reserve(...args) {
          const stored = await store.reserve(...args);
          giveUp('timeout');
          return stored;
        },
      }),
    );
    await expect(submit(wait)).rejects.toBe('timeout');
    expect(posts()).toBe(0);
    expect(await record()).toBeUndefined();
  });

  it('is recorded before it is sent, and its request id before the call goes on', async () => {
    const seen: unknown[] = [];
    const { submit, record } = submitting(async () => {
      seen.push((await record())?.job.state);
      return { requestId: 'r-1' };
    });
    await submit(openCall().wait);
    expect(seen).toEqual(['submitting']);
    expect((await record())?.job).toMatchObject({ state: 'in_queue', request_id: 'r-1' });
  });

  it('that was refused leaves nothing', async () => {
    const { submit, record } = submitting(refused('no'));
    await expect(submit(openCall().wait)).rejects.toThrow('no');
    expect(await record()).toBeUndefined();
  });

  it('whose answer was lost is doubted, and told so if that arrives', async () => {
    const { submit, open, record } = submitting(refused('maybe'));
    const { wait, tell } = openCall();
    await expect(submit(wait)).rejects.toThrow('no');
    tell(true);
    await open.recorded();
    expect((await record())?.job).toMatchObject({ state: 'unknown', delivered_at: expect.any(String) });
  });

  it.each(['reserve', 'accepted'] as const)(
    'holds the end of the process while it waits for %s',
    async (what) => {
      let go = () => {};
      const { submit, open } = submitting(
        async () => ({ requestId: 'r-1' }),
        (store) => ({
          async [what](...args: Parameters<JobStore[typeof what]>) {
            await new Promise<void>((resolve) => (go = resolve));
            return (store[what] as (...given: unknown[]) => never)(...args);
          },
        }),
      );
      const submitted = submit(openCall().wait);
      let isOver = false;
      await new Promise(setImmediate);
      const ended = open.recorded().then(() => (isOver = true));
      await new Promise(setImmediate);
      expect(isOver).toBe(false);
      go();
      await submitted;
      await ended;
    },
  );
});
