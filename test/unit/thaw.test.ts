import { expect, it } from 'vitest';
import { createThaw } from '../../src/mcp/transports/http/thaw.ts';
import { testClock } from '../support/program.ts';

/** For how long input has to be awaited, in ms. */
async function timeOf(work: Promise<void>): Promise<number> {
  const clock = testClock();
  const began = clock.now();
  await work;
  return clock.now() - began;
}

it('input is awaited half a second after the process stood still, and not where it only slept', async () => {
  const clock = testClock();
  const { watch, inputRead } = createThaw(clock);
  const unwatch = watch();
  expect(await timeOf(inputRead())).toBe(0);
  await clock.sleep(60_000);
  expect(await timeOf(inputRead())).toBe(0);
  clock.advance(10_000);
  expect(await timeOf(inputRead())).toBe(500);
  expect(await timeOf(inputRead())).toBe(0);
  unwatch();
});

it('that ends where nobody watches the time', async () => {
  const clock = testClock();
  const { watch, inputRead } = createThaw(clock);
  watch()();
  await clock.sleep(1_000);
  clock.advance(10_000);
  expect(await timeOf(inputRead())).toBe(0);
});

it('a clock that is set back keeps nobody waiting', async () => {
  const clock = testClock();
  const { watch, inputRead } = createThaw(clock);
  const unwatch = watch();
  clock.advance(10_000);
  const waiting = inputRead();
  clock.advance(-3_600_000);
  expect(await timeOf(inputRead())).toBe(0);
  clock.advance(3_600_000);
  await waiting;
  unwatch();
});
