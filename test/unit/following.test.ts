import { describe, expect, it } from 'vitest';
import { ToolError } from '../../src/errors.ts';
import { createFollow, type FollowOptions } from '../../src/jobs/follow.ts';
import { createRateLimiter } from '../../src/jobs/polling/rate-limiter.ts';
import { createLog } from '../../src/log.ts';
import { openCall, SUCCEEDED, setUp } from '../support/claims.ts';

/** Follows jobs at an upstream that answers so. */
function following(status: () => Promise<never>) {
  const given = setUp((store) => ({
    async release(...args) {
      await new Promise(setImmediate);
      return store.release(...args);
    },
  }));
  const follow = createFollow({
    api: { status },
    intervals: { next: () => 1, priority: () => 1 },
    rateLimiter: createRateLimiter(given.clock),
    lateCosts: { ask() {} },
    clock: given.clock,
    log: createLog('silent', String),
  } as unknown as FollowOptions);
  return { ...given, follow };
}

describe('a claim is given up', () => {
  it('by a call that cannot follow its job', async () => {
    const { follow, submitted, record } = following(async () => {
      throw new ToolError('key_refused', 'the key is refused', { next: 'Ask.' });
    });
    const { wait } = openCall();
    const claim = await submitted(wait);
    await expect(follow(claim, 'r-1', { firstInterval: 0 }, wait)).rejects.toThrow('the key is refused');
    expect((await record())?.lease).toBeUndefined();
  });

  it('by a call whose client is gone, before it returns, though its job has ended', async () => {
    const { follow, submitted, record } = following(async () => {
      throw new Error('nobody asked');
    });
    const { wait, giveUp } = openCall();
    const claim = await submitted(wait);
    await claim.observe(SUCCEEDED);
    giveUp('timeout');
    await follow(claim, 'r-1', { firstInterval: 0 }, wait);
    const stored = await record();
    expect(stored?.lease).toBeUndefined();
    expect(stored?.job).not.toHaveProperty('delivered_at');
  });

  it('on a lead that turned out to be no job', async () => {
    const { submitted, record } = setUp();
    await (await submitted(openCall().wait)).discard();
    expect(await record()).toBeUndefined();
  });
});
