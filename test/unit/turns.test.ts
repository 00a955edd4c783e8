import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createRateLimiter } from '../../src/jobs/polling/rate-limiter.ts';
import { createTurns } from '../../src/jobs/polling/turns.ts';
import { createJumpingClock } from '../support/clock.ts';
import { eventually } from '../support/program.ts';

const { signal } = new AbortController();
setMaxListeners(0, signal);

/** Tenants of one process that read faster than it may, each with reads by their priorities; reads end when they are told to. */
function setUp(places: number) {
  const turns = createTurns(places);
  const clock = createJumpingClock();
  const sent: string[] = [];
  const ends: (() => void)[] = [];
  function tenant() {
    const rateLimiter = createRateLimiter(clock, { perSecond: 1_000, takePlace: turns.forAccount() });
    return (name: string, priority = 0) =>
      rateLimiter.read(
        () => priority,
        signal,
        () => {
          sent.push(name);
          return new Promise<void>((resolve) => ends.push(resolve));
        },
      );
  }
  return { tenant, sent, endOne: () => ends.shift()?.() };
}

describe('tenants', () => {
  it('read in turn: one with a thousand jobs does not keep another waiting', async () => {
    const { tenant, sent, endOne } = setUp(2);
    const [many, few, third] = [tenant(), tenant(), tenant()];
    for (let count = 0; count < 1_000; count++) void many('many');
    await eventually(() => sent.length).toBe(1);
    void few('few');
    void third('third');
    await eventually(() => sent.length).toBe(2);
    endOne();
    await eventually(() => sent.length).toBe(3);
    endOne();
    await eventually(() => sent.length).toBe(4);
    expect(sent).toEqual(['many', 'few', 'many', 'third']);
  });

  it('send of what each wants the read of the highest priority first, also of those that came while it waited', async () => {
    const { tenant, sent, endOne } = setUp(1);
    const [one, other] = [tenant(), tenant()];
    void other('other');
    await eventually(() => sent.length).toBe(1);
    void one('low', 1);
    await new Promise(setImmediate);
    void one('high', 2);
    endOne();
    await eventually(() => sent.length).toBe(2);
    expect(sent).toEqual(['other', 'high']);
  });

  it('have half of the places at most, so that reads which hang hold nobody else up', async () => {
    const { tenant, sent } = setUp(4);
    const [hanging, other] = [tenant(), tenant()];
    for (let count = 0; count < 10; count++) void hanging('hanging');
    await eventually(() => sent.length).toBe(2);
    void other('other');
    void other('other');
    await eventually(() => sent.length).toBe(4);
    expect(sent).toEqual(['hanging', 'hanging', 'other', 'other']);
  });

  it('get back the place of a read that fails, and of one that nobody wants any more', async () => {
    const turns = createTurns(1);
    const clock = createJumpingClock();
    const [one, other] = [turns.forAccount(), turns.forAccount()].map((takePlace) =>
      createRateLimiter(clock, { takePlace }),
    ) as [ReturnType<typeof createRateLimiter>, ReturnType<typeof createRateLimiter>];
    const failing = () => Promise.reject(new Error('cut'));
    await expect(one.read(() => 0, signal, failing)).rejects.toThrow('cut');
    let end = () => {};
    const held = other.read(
      () => 0,
      signal,
      () => new Promise<void>((resolve) => (end = resolve)),
    );
    const givingUp = new AbortController();
    const given = one.read(() => 0, givingUp.signal, failing);
    await new Promise(setImmediate);
    givingUp.abort('user');
    await expect(given).rejects.toBe('user');
    end();
    await held;
    await one.acquire(() => 0, signal);
    expect(
      await other.read(
        () => 0,
        signal,
        async () => 'read',
      ),
    ).toBe('read');
  });
});
