import { describe, expect, it } from 'vitest';
import type { StoredJob } from '../../../src/jobs/store.ts';
import { all } from '../conformance.ts';
import { counting } from './counting.ts';
import { startChildren } from './processes.ts';

describe('several processes', () => {
  const ROUNDS = 50;
  it.each([
    [2, 'hard'],
    [3, 'hard'],
    [3, 'none'],
  ])(
    '(%i; links: %s) that change a record at once lose no write and make none twice',
    async (many, links) => {
      const { dataDir, other, count, names } = await counting();
      const { id } = (await all(other))[0] as StoredJob;
      const children = await startChildren(many, [dataDir, 'add', id, String(ROUNDS), links]);
      for (const { go } of children) go();
      await Promise.all(children.map(({ ended }) => ended));
      expect(await count()).toEqual([many * ROUNDS]);
      expect(names()).toHaveLength(1);
    },
  );
});
