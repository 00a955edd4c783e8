import { expect, it } from 'vitest';
import { fingerprintOf } from '../../src/jobs/calls.ts';

const ACCOUNT = { tenant: 'local', api: 'https://api.example' };
const CALL = { model: 'm', input: { prompt: 'x', seed: 1 } };
const base = fingerprintOf(ACCOUNT, CALL);

it('knows a call again in whatever order its keys stand, at every depth', () => {
  expect(base).toMatch(/^[0-9a-f]{16}$/);
  expect(fingerprintOf(ACCOUNT, { ...CALL, input: { seed: 1, prompt: 'x' } })).toBe(base);
  const lora = (weights: object) => fingerprintOf(ACCOUNT, { ...CALL, input: { lora: [{ weights }] } });
  expect(lora({ a: 1, b: { c: 2, d: 3 } })).toBe(lora({ b: { d: 3, c: 2 }, a: 1 }));
  expect(lora({ a: 1 })).not.toBe(lora({ a: 2 }));
});

it('tells calls apart by account, model and input, and lists by their order', () => {
  const others = [
    fingerprintOf({ ...ACCOUNT, tenant: 'other' }, CALL),
    fingerprintOf({ ...ACCOUNT, api: 'sandbox' }, CALL),
    fingerprintOf(ACCOUNT, { ...CALL, model: 'n' }),
    fingerprintOf(ACCOUNT, { ...CALL, input: { prompt: 'x' } }),
    fingerprintOf(ACCOUNT, { ...CALL, input: { prompt: ['x', 'y'] } }),
    fingerprintOf(ACCOUNT, { ...CALL, input: { prompt: ['y', 'x'] } }),
  ];
  expect(new Set([base, ...others]).size).toBe(others.length + 1);
});
