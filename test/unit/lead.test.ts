import { describe, expect, it } from 'vitest';
import { type ErrorCode, ToolError } from '../../src/errors.ts';
import { followLead } from '../../src/jobs/lead.ts';
import { createRateLimiter } from '../../src/jobs/polling/rate-limiter.ts';
import type { StatusReply } from '../../src/runcomfy/replies.ts';
import { createJumpingClock } from '../support/clock.ts';

const known: StatusReply = { state: 'in_queue' };
const failing = (code: ErrorCode, retryable: boolean, retryAfter?: number) =>
  new ToolError(code, 'x', { next: 'y', retryable, ...(retryAfter !== undefined && { retryAfter }) });
const denied = failing('unknown_request', false);
const busy = failing('service_error', true);

/** Follows a lead whose reads answer by script, the last of which repeats; tells the end and when it was asked, in s. */
async function run(...script: (StatusReply | Error)[]) {
  const clock = createJumpingClock();
  const began = clock.now();
  const asked: number[] = [];
  const status = async () => {
    const answer = script[Math.min(asked.length, script.length - 1)] as StatusReply | Error;
    asked.push(Math.round((clock.now() - began) / 1000));
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const { signal } = new AbortController();
  const end = await followLead('r', {
    api: { status },
    rateLimiter: createRateLimiter(clock),
    clock,
    signal,
  });
  return { end, asked };
}

describe('a lead', () => {
  it.each([
    ['that RunComfy knows', [known], 'exists', [0]],
    ['that it does not know yet', [denied, known], 'exists', [0, 5]],
    ['that it denies twice', [denied, denied, known], 'missing', [0, 5]],
    ['that it denies twice in between', [busy, denied, busy, denied, known], 'missing', [0, 5, 10, 15]],
    ['that it denies once', [denied, busy], 'open', [0, 5, 10, 15, 20, 25]],
    ['of which nothing can be told', [busy], 'open', [0, 5, 10, 15, 20, 25]],
    ['that it asks to wait for', [failing('rate_limited', true, 12), known], 'exists', [0, 12]],
    ['behind a key that is refused', [failing('key_refused', false), known], 'open', [0]],
  ])('%s', async (_, script, end, asked) => {
    expect(await run(...script)).toEqual({ end, asked });
  });

  it.each(['signal', 'drain'])(
    'is left where the wait ends by its %s, also while it is asked for',
    async (by) => {
      const clock = createJumpingClock();
      const stop = new AbortController();
      const { signal } = new AbortController();
      const status = (_: string, signal?: AbortSignal) =>
        new Promise<never>((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
          stop.abort('user');
        });
      const services = { api: { status }, rateLimiter: createRateLimiter(clock), clock };
      const tools = { ...services, signal, [by]: stop.signal };
      const began = clock.now();
      expect(await followLead('r', tools)).toBe('open');
      expect(await followLead('r', tools)).toBe('open');
      expect(clock.now()).toBe(began);
    },
  );

  it('hides no mistake of ours', async () => {
    await expect(run(new TypeError('x'))).rejects.toThrow(TypeError);
  });
});
