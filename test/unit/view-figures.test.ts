import { expect, it } from 'vitest';
import { priceOf, timeSpan } from '../../src/view/page/chat/figures.ts';
import { dollarsForPeople } from '../../src/view/page/shared/dollars.ts';

it('an amount is told in cents at least, and in millionths at most', () => {
  expect([0, 0.5, 0.034, 0.000001, 1_250].map(dollarsForPeople)).toEqual([
    ...['$0.00', '$0.50', '$0.034'],
    ...['$0.000001', '$1,250.00'],
  ]);
});

it('the view tells what a picture may cost in two digits, with the range if there is one', () => {
  const estimate = { low: 0.038, median: 0.0424, high: 0.2 };
  expect(priceOf(estimate)).toBe('about $0.042 ($0.038 to $0.20)');
  expect(priceOf(estimate, false)).toBe('about $0.042');
  expect(priceOf({ low: 0.5, median: 0.5, high: 0.5 })).toBe('$0.50');
  expect(priceOf()).toBe('price not known');
});

it.each([
  [0.4, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min 0 s'],
  [119.7, '2 min 0 s'],
  [3_725, '62 min 5 s'],
])('the view tells %d seconds as %s', (seconds, words) => {
  expect(timeSpan(seconds)).toBe(words);
});
