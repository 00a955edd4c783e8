import { describe, expect, it } from 'vitest';
import { createCalls } from '../../src/jobs/calls.ts';
import { openCall } from '../support/claims.ts';

/** Calls whose work goes on until the test says that it has ended. */
function setUp() {
  const calls = createCalls();
  function open(fingerprint = 'a fox') {
    const { wait, giveUp } = openCall();
    let finish = () => {};
    const ended = calls.open(wait, fingerprint, () => new Promise<void>((resolve) => (finish = resolve)));
    const end = () => {
      finish();
      return ended;
    };
    return { id: wait.call, giveUp, end };
  }
  /** Holds a call until the function that is returned is called. */
  function hold(id: string) {
    let finish = () => {};
    const held = calls.hold(id, new Promise<void>((resolve) => (finish = resolve)));
    return () => {
      finish();
      return held;
    };
  }
  return { ...calls, open, hold };
}

describe('a call protects its job', () => {
  it('while it is at work, though something was held for it and its client gave up', async () => {
    for (const why of [undefined, 'timeout', 'closed', 'user'] as const) {
      const { has, open, hold } = setUp();
      const call = open();
      await hold(call.id)();
      if (why) call.giveUp(why);
      expect(has(call.id), why).toBe(true);
      await call.end();
      expect(has(call.id), why).toBe(false);
    }
  });

  it.each([
    ['while its client waits', undefined, true],
    ['not once its client’s clock ran out', 'timeout', false],
    ['not once its client is gone', 'closed', false],
    ['though its user gave up', 'user', true],
  ] as const)('behind its work, until what is held for it is recorded: %s', async (_, why, isProtected) => {
    const { has, open, hold } = setUp();
    const call = open();
    const [release, other] = [hold(call.id), hold(call.id)];
    await call.end();
    if (why) call.giveUp(why);
    expect(has(call.id)).toBe(isProtected);
    await other();
    expect(has(call.id)).toBe(isProtected);
    await release();
    expect(has(call.id)).toBe(false);
  });
});

it('tells of the calls of the same input that were given up and are still at work, and of no others', async () => {
  const { abandoned, open, hold } = setUp();
  const [mine, given, over, waiting, elsewhere] = [open(), open(), open(), open(), open('an owl')];
  hold(over.id);
  await over.end();
  for (const call of [mine, given, over, elsewhere]) call.giveUp('timeout');
  expect(abandoned('a fox', mine.id)).toHaveLength(1);
  await given.end();
  expect(abandoned('a fox', mine.id)).toEqual([]);
  waiting.giveUp('user');
  expect(abandoned('a fox', mine.id)).toHaveLength(1);
});

it('lets the process end once all is recorded, for calls that it does not know too', async () => {
  const { recorded, open, hold } = setUp();
  const releases = [hold(open().id), hold('unknown')];
  let isRecorded = false;
  const ended = recorded().then(() => (isRecorded = true));
  await releases[0]?.();
  await new Promise(setImmediate);
  expect(isRecorded).toBe(false);
  await releases[1]?.();
  await ended;
});
