import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock, unlessAborted } from '../../src/clock.ts';

/** The longest time in ms that a timer of Node's takes; longer ones fire at once. */
const MAX_TIMER = 2 ** 31 - 1;

describe('a sleep that is longer than a timer can be', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([MAX_TIMER + 1, 2 * MAX_TIMER + 5_000])('of %i ms lasts as long as it says', async (ms) => {
    let isOver = false;
    const sleeping = systemClock.sleep(ms).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
  });

  it('ends when it is aborted, and leaves no timer behind', async () => {
    const stop = new AbortController();
    const sleeping = systemClock.sleep(3 * MAX_TIMER, stop.signal);
    const ended = expect(sleeping).rejects.toBe('user');
    await vi.advanceTimersByTimeAsync(MAX_TIMER + 1);
    expect(vi.getTimerCount()).toBe(1);
    stop.abort('user');
    await ended;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has no end where it is infinite', async () => {
    let isOver = false;
    void systemClock.sleep(Number.POSITIVE_INFINITY).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(5 * MAX_TIMER);
    expect(isOver).toBe(false);
  });
});

describe('work that nobody waits for any more', () => {
  it.each(['before', 'after'])(
    'does not end the process if it fails, where its signal aborted %s it began',
    async (when) => {
      const unhandled = vi.fn();
      process.on('unhandledRejection', unhandled);
      onTestFinished(() => void process.off('unhandledRejection', unhandled));
      const stop = new AbortController();
      if (when === 'before') stop.abort('user');
      let fail: (error: Error) => void = () => {};
      const work = new Promise<void>((_, reject) => {
        fail = reject;
      });
      const waiting = expect(unlessAborted(work, stop.signal)).rejects.toBe('user');
      if (when === 'after') stop.abort('user');
      await waiting;
      fail(new Error('damaged'));
      await turn();
      await turn();
      expect(unhandled).not.toHaveBeenCalled();
    },
  );
});
