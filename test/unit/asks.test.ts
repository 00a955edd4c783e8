import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/sandbox/models/index.ts';
import { ASKS } from '../support/fixtures/asks.ts';

describe('forty asks', () => {
  it('are each satisfied by models that the sandbox has', () => {
    expect(new Set(ASKS.map(([ask]) => ask)).size).toBe(40);
    for (const [ask, ...ids] of ASKS) {
      expect(ids.length, ask).toBeGreaterThan(0);
      for (const id of ids) expect(CATALOGUE.has(id), id).toBe(true);
    }
  });
});
