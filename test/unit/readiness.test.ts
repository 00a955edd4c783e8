import { expect, it } from 'vitest';
import { createReadiness } from '../../src/service/readiness.ts';
import { testClock } from '../support/program.ts';

const failure = (error: Error) => {
  throw error;
};

it('readiness is checked once at a time, however many ask, and anew after a second', async () => {
  const clock = testClock();
  let checks = 0;
  const isReady = createReadiness(clock, async () => void checks++, failure);
  const asked = () => Promise.all(Array.from({ length: 100 }, isReady));
  expect(new Set(await asked())).toEqual(new Set([true]));
  await asked();
  expect(checks).toBe(1);
  clock.advance(1_000);
  await asked();
  expect(checks).toBe(2);
});

it('a check that hangs is told within a second, and no other one is begun', async () => {
  const clock = testClock();
  let checks = 0;
  let finish = () => {};
  const check = () => {
    checks++;
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  };
  const isReady = createReadiness(clock, check, failure);
  const began = clock.now();
  expect(await isReady()).toBe(false);
  expect(clock.now() - began).toBe(1_000);
  expect(await isReady()).toBe(false);
  expect(checks).toBe(1);
  finish();
  expect(await isReady()).toBe(true);
});

it('a check that fails is told, and why it failed', async () => {
  const errors: string[] = [];
  const isReady = createReadiness(
    testClock(),
    async () => {
      throw new Error('full');
    },
    ({ message }) => void errors.push(message),
  );
  expect(await isReady()).toBe(false);
  expect(errors).toEqual(['full']);
});
