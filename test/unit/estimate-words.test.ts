import { expect, it } from 'vitest';
import { type Estimate, sumEstimates } from '../../src/jobs/spending/estimates.ts';
import { estimateText } from '../../src/tools/support/estimate-words.ts';

const estimate = (low: number, median: number, high: number, jobs?: number): Estimate => ({
  ...{ low, median, high },
  ...(jobs !== undefined && { jobs }),
});
const priced = (usd: number, jobs?: number) => estimate(usd, usd, usd, jobs);

it.each([
  ['unknown', undefined, 'Cost unknown.'],
  ['published', priced(0.133), 'Estimated $0.133 (published price).'],
  ['exact', priced(0.0405, 3), 'Estimated $0.0405 (from 3 earlier jobs).'],
  ['of one job', priced(0.04, 1), 'Estimated $0.04 (from 1 earlier job).'],
  [
    'a range',
    estimate(0.0312, 0.0418, 0.0561, 12),
    'Estimated $0.042 ($0.031 to $0.057, from 12 earlier jobs).',
  ],
  [
    'a range in round numbers',
    estimate(0.03, 0.07, 1.1, 9),
    'Estimated $0.07 ($0.03 to $1.1, from 9 earlier jobs).',
  ],
  [
    'almost nothing',
    estimate(0, 0.0000012, 0.0000034, 4),
    'Estimated $0.000001 ($0 to $0.000004, from 4 earlier jobs).',
  ],
  ['large', estimate(123.4, 234.5, 345.6, 4), 'Estimated $230 ($120 to $350, from 4 earlier jobs).'],
])('an estimate in words: %s', (_, given, words) => {
  expect(estimateText(given)).toBe(words);
});

it.each([
  ['nothing', [], priced(0)],
  ['published prices', [priced(0.1), priced(0.2)], priced(0.3)],
  [
    'ranges, by the least number of jobs',
    [estimate(1, 2, 3, 12), priced(1), estimate(1, 2, 4, 5)],
    estimate(3, 5, 8, 5),
  ],
  ['something unknown', [priced(0.1), undefined], undefined],
])('the sum of %s', (_, given, sum) => {
  expect(sumEstimates(given)).toEqual(sum);
});
