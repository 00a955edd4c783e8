import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createPace } from '../../src/jobs/polling/pace.ts';
import { createRateLimiter } from '../../src/jobs/polling/rate-limiter.ts';
import { createJumpingClock } from '../support/clock.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);

describe('a budget of reads', () => {
  it('is there again after a pause, and no more than a few', () => {
    const clock = createJumpingClock();
    const take = createPace(clock);
    expect(take(20, 10)).toBe(1_500);
    clock.advance(60_000);
    expect([1, 2, 3].map((count) => take(count, 10))).toEqual([0, 0, 100]);
  });

  it('is not stopped by a clock that is set back', () => {
    const clock = createJumpingClock();
    const take = createPace(clock);
    take(5, 10);
    clock.advance(-3_600_000);
    expect(take(1, 10)).toBe(100);
  });
});

describe('the rate limiter', () => {
  it('lets ten reads a second out, and a few more after a pause', async () => {
    const clock = createJumpingClock();
    const rateLimiter = createRateLimiter(clock);
    const began = clock.now();
    const at: number[] = [];
    await Promise.all(
      Array.from({ length: 105 }, () =>
        rateLimiter.acquire(() => 0, never).then(() => at.push(clock.now() - began)),
      ),
    );
    expect(at.filter((ms) => ms === 0)).toHaveLength(5);
    expect(at.at(-1)).toBeCloseTo(10_000, -1);
    for (const ms of at)
      expect(at.filter((other) => other >= ms && other < ms + 1_000).length).toBeLessThanOrEqual(15);
  });

  it('gives each turn to the read that has the highest priority by then', async () => {
    const clock = createJumpingClock();
    const rateLimiter = createRateLimiter(clock);
    const began = clock.now();
    const order: string[] = [];
    const turn = (name: string, priority: (seconds: number) => number) =>
      rateLimiter.acquire((now) => priority((now - began) / 1000), never).then(() => order.push(name));
    const first = Array.from({ length: 5 }, () => rateLimiter.acquire(() => 0, never));
    const all = [
      turn('steady', () => 1),
      turn('growing', (s) => 11 * s - 1),
      turn('low', () => 0.1),
      turn('high', () => 9),
    ];
    await Promise.all([...first, ...all]);
    expect(order).toEqual(['high', 'growing', 'steady', 'low']);
  });

  it('forgets a read that is given up, and goes on with the others', async () => {
    const clock = createJumpingClock();
    const rateLimiter = createRateLimiter(clock, 1);
    await Promise.all(Array.from({ length: 5 }, () => rateLimiter.acquire(() => 0, never)));
    const givingUp = new AbortController();
    const given = rateLimiter.acquire(() => 9, givingUp.signal);
    const other = rateLimiter.acquire(() => 1, never).then(() => clock.now());
    const asked = clock.now();
    givingUp.abort('user');
    await expect(given).rejects.toBe('user');
    expect((await other) - asked).toBeCloseTo(1_000, -1);
    await expect(rateLimiter.acquire(() => 1, givingUp.signal)).rejects.toBe('user');
    await rateLimiter.acquire(() => 1, never);
  });

  it('goes on where the clock is set back', async () => {
    const clock = createJumpingClock();
    let offset = 0;
    const rateLimiter = createRateLimiter({ now: () => clock.now() + offset, sleep: clock.sleep });
    await Promise.all(Array.from({ length: 8 }, () => rateLimiter.acquire(() => 0, never)));
    offset = -3_600_000;
    const setBackAt = clock.now();
    await Promise.all(Array.from({ length: 8 }, () => rateLimiter.acquire(() => 0, never)));
    expect(clock.now() - setBackAt).toBeLessThanOrEqual(1_000);
  });

  it('gives a turn to a read whose priority is no number, and to those behind it', async () => {
    const rateLimiter = createRateLimiter(createJumpingClock());
    const order: string[] = [];
    await Promise.all(
      [Number.NaN, 1, Number.NaN, 2].map((priority) =>
        rateLimiter.acquire(() => priority, never).then(() => order.push(String(priority))),
      ),
    );
    expect(order).toHaveLength(4);
  });
});
