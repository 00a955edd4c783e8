import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { PaidCall, Wait } from '../../src/jobs/calls.ts';
import { ApprovalNeeded, createApproval } from '../../src/jobs/spending/approval.ts';
import type { Estimate, Estimates } from '../../src/jobs/spending/estimates.ts';
import { createMemoryApprovals } from '../../src/stores/approvals.ts';

const ONE: PaidCall = { model: 'a/b', input: { prompt: 'a fox' } };
const exactly = (usd: number): Estimate => ({ low: usd, median: usd, high: usd });

/** What asks above $0.3, with one estimate for every call, which may change. */
function start(confirmAboveUsd = 0.3) {
  const approvals = createMemoryApprovals(systemClock);
  const known: { estimate: Estimate | undefined } = { estimate: undefined };
  const estimates = { load: async () => () => known.estimate } as unknown as Estimates;
  const required = createApproval({ confirmAboveUsd, approvals, estimates, clock: systemClock });
  const stop = new AbortController();
  /** The code of the question, or undefined if there is none. */
  const ask = (calls: readonly PaidCall[] = [ONE]): Promise<string | undefined> =>
    (required as NonNullable<typeof required>)('f', calls, { signal: stop.signal } as Wait).then(
      () => undefined,
      (error) => {
        if (error instanceof ApprovalNeeded) return error.question.approvalCode;
        throw error;
      },
    );
  return { approvals, known, ask, stop };
}

describe('approval', () => {
  it('is not needed up to the threshold, by the upper end of the estimate', async () => {
    const { known, ask } = start();
    known.estimate = { low: 0.1, median: 0.2, high: 0.3 };
    expect(await ask()).toBeUndefined();
    known.estimate = { low: 0.1, median: 0.1, high: 0.300001 };
    expect(await ask()).toBeDefined();
    known.estimate = undefined;
    expect(await ask()).toBeDefined();
  });

  it('is for all jobs of a call together', async () => {
    const { known, ask } = start();
    known.estimate = exactly(0.1);
    expect(await ask([ONE, ONE, ONE])).toBeUndefined();
    expect(await ask([ONE, ONE, ONE, ONE])).toBeDefined();
  });

  it('asks again if the estimate rose, or is unknown by now', async () => {
    const { approvals, known, ask } = start();
    known.estimate = exactly(0.5);
    await approvals.approve((await ask()) ?? '');
    for (const estimate of [exactly(0.6), undefined]) {
      known.estimate = estimate;
      expect(await ask()).toBeDefined();
    }
    known.estimate = exactly(0.4);
    expect(await ask()).toBeUndefined();
    expect(await ask()).toBeDefined();
  });

  it('is not used up by a call that nobody waits for', async () => {
    const { approvals, ask, stop } = start();
    await approvals.approve((await ask()) ?? '');
    stop.abort('timeout');
    await expect(ask()).rejects.toBe('timeout');
    expect(await approvals.take('f', undefined)).toBe(true);
  });

  it('has codes that nobody can guess', async () => {
    const { ask } = start();
    const codes = await Promise.all(Array.from({ length: 1_000 }, () => ask()));
    expect(new Set(codes).size).toBe(1_000);
    for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{12}$/);
  });
});
