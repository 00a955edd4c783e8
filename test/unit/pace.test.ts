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
    await Promise.all(Array.from({ length: 5 }, () => rateLimiter.acquire(() => 0, never)));
    const all = [
      turn('steady', () => 1),
      turn('growing', (s) => 11 * s - 1),
      turn('low', () => 0.1),
      turn('high', () => 9),
    ];
    await Promise.all(all);
    expect(order).toEqual(['high', 'growing', 'steady', 'low']);
  });

  it('forgets a read that is given up, and goes on with the others', async () => {
    const clock = createJumpingClock();
    const rateLimiter = createRateLimiter(clock, { perSecond: 1 });
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

describe('the rate limiter with a budget that processes share', () => {
  /** Processes with so many reads each, the first of which asks for its own `ahead` ms before the others. */
  async function share(reads: readonly number[], { answersAfter = 0, ahead = 0 } = {}) {
    const clock = createJumpingClock();
    const take = createPace(clock);
    let asked = 0;
    async function takeReads(count: number, perSecond: number) {
      asked += 1;
      await clock.sleep(answersAfter / 2);
      const wait = take(count, perSecond);
      await clock.sleep(answersAfter / 2);
      return wait;
    }
    const sent: [process: number, at: number][] = [];
    const began = clock.now();
    await Promise.all(
      reads.map(async (count, process) => {
        await clock.sleep(process === 0 ? 0 : ahead);
        const rateLimiter = createRateLimiter(clock, { takeReads });
        const read = () => rateLimiter.acquire(() => 0, never);
        return Promise.all(
          Array.from({ length: count }, () => read().then(() => sent.push([process, clock.now() - began]))),
        );
      }),
    );
    return { sent, asked };
  }

  it('keeps its pace, and processes alternate', async () => {
    const { sent } = await share([40, 40, 40]);
    expect(sent.at(-1)?.[1]).toBeCloseTo(11_500, -1);
    for (let start = 0; start + 30 <= 120; start += 30)
      for (const process of [0, 1, 2]) {
        const own = sent.slice(start, start + 30).filter(([by]) => by === process);
        expect(own.length).toBeGreaterThanOrEqual(7);
      }
  });

  it('lets a lone read of a process wait for no more than a few of the others', async () => {
    const { sent } = await share([100, 1], { ahead: 3_000 });
    expect(sent.find(([process]) => process === 1)?.[1]).toBeLessThanOrEqual(3_500);
  });

  it('is not slowed down by the way to its store, which it asks once for a few', async () => {
    const { sent, asked } = await share([150], { answersAfter: 250 });
    expect((sent[149]?.[1] ?? 0) - (sent[49]?.[1] ?? 0)).toBeCloseTo(10_000, -3);
    expect(asked).toBeLessThanOrEqual(51);
  });

  it('waits for a lone read no longer than for one answer', async () => {
    expect((await share([1], { answersAfter: 250 })).sent).toEqual([[0, 250]]);
  });

  it('goes on by itself while its store does not answer, and comes back to it', async () => {
    const clock = createJumpingClock();
    let isAway = false;
    const asked: number[] = [];
    const began = clock.now();
    const take = createPace(clock);
    const rateLimiter = createRateLimiter(clock, {
      async takeReads(count, perSecond) {
        asked.push(clock.now() - began);
        if (isAway) throw new Error('away');
        return take(count, perSecond);
      },
    });
    const read = (count: number) =>
      Promise.all(Array.from({ length: count }, () => rateLimiter.acquire(() => 0, never)));
    await read(20);
    isAway = true;
    const awayFrom = clock.now();
    const before = asked.length;
    await read(100);
    // No burst at its beginning, and no slower than before.
    expect(clock.now() - awayFrom).toBeCloseTo(10_000, -2);
    expect(asked.length - before).toBeLessThanOrEqual(3);
    isAway = false;
    await read(60);
    const back = asked.length;
    await read(3);
    expect(asked.length).toBeGreaterThan(back);
  });

  it('comes back to it where the clock is set back', async () => {
    const clock = createJumpingClock();
    const asked: number[] = [];
    const rateLimiter = createRateLimiter(clock, {
      async takeReads() {
        asked.push(clock.now());
        throw new Error('away');
      },
    });
    for (const _ of [1, 2]) await rateLimiter.acquire(() => 0, never);
    expect(asked).toHaveLength(1);
    clock.advance(-3_600_000);
    await rateLimiter.acquire(() => 0, never);
    expect(asked).toHaveLength(2);
  });
});
