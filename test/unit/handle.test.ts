import { describe, expect, it } from 'vitest';
import { formatHandle, parseHandle } from '../../src/jobs/handle.ts';

describe('a handle', () => {
  it('names an output of a job, counted from 1', () => {
    expect(formatHandle('abc-1', 0)).toBe('job:abc-1#1');
    expect(formatHandle('abc-1', 15)).toBe('job:abc-1#16');
  });

  it.each([0, 1, 99, 998])('is read as it was written, at index %i', (index) => {
    const requestId = 'A_b-9'.padEnd(128, 'x');
    expect(parseHandle(formatHandle(requestId, index))).toEqual({ requestId, index });
  });

  it('names the first output without a place', () => {
    expect(parseHandle('job:abc')).toEqual({ requestId: 'abc', index: 0 });
    expect(parseHandle('job:abc#007')).toEqual({ requestId: 'abc', index: 6 });
  });

  it.each([
    ...['', 'job', 'job:', 'job:#1', 'abc#1', 'JOB:abc', 'last', 'https://host/job:abc#1'],
    ...['job:abc#', 'job:abc#0', 'job:abc#000', 'job:abc#-1', 'job:abc#+1', 'job:abc#1.5', 'job:abc#1e1'],
    ...['job:abc#1000', 'job:abc#1#2', 'job:abc##1', 'job:abc#١', 'job:abc#x', 'job:job:abc'],
    ...[
      ' job:abc',
      'job:abc ',
      'job: abc',
      'job:abc #1',
      'job:abc# 1',
      'job:abc#1\n',
      'job:abc\n',
      '\njob:abc',
    ],
    ...['job:../abc', 'job:a/b', 'job:a%2Fb', 'job:ä', `job:${'x'.repeat(129)}`],
  ])('is not %j', (text) => {
    expect(parseHandle(text)).toBeUndefined();
  });
});
