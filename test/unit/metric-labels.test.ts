import { describe, expect, it } from 'vitest';
import { createBounded, createKnown } from '../../src/service/metrics/labels.ts';

describe('labels of metrics', () => {
  it('that come from outside are bounded in number and length', () => {
    const label = createBounded(3);
    expect(['a', 'b', 'a', 'c', 'd', 'b', 'e'].map(label)).toEqual([
      'a',
      'b',
      'a',
      'c',
      'other',
      'b',
      'other',
    ]);
    expect(createBounded(1)('x'.repeat(1_000))).toHaveLength(128);
  });

  it('name models that RunComfy is known to have, and only so many', () => {
    const { add, label } = createKnown(2);
    for (const id of ['a/b', 'a/c', 'a/d']) add(id);
    expect(['a/b', 'a/c', 'a/d', 'who/knows'].map(label)).toEqual(['a/b', 'a/c', 'other', 'other']);
  });
});
