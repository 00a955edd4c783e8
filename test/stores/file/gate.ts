import { type Link, linkFile } from '../../../src/stores/file/disk.ts';
import { promised } from '../../support/calls.ts';

/** As a disk without hard links answers. */
export const refuseLink: Link = async () => {
  throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' });
};

/** A point at which a writer stands still. */
export interface Stop {
  /** Resolves when the writer is there. */
  reached: Promise<void>;
  go(): void;
}

/** Stands in for the link of a writer, which can be stopped right before it or right behind. */
export function createGate() {
  const stops: { where: 'before' | 'behind'; reach(): void; gone: Promise<void> }[] = [];

  async function pass(where: 'before' | 'behind'): Promise<void> {
    if (stops[0]?.where !== where) return;
    const { reach, gone } = stops.shift() as (typeof stops)[number];
    reach();
    await gone;
  }

  const link: Link = async (path, name) => {
    await pass('before');
    await linkFile(path, name);
    await pass('behind');
  };

  return {
    link,
    /** Where a writer stands still if it is to be stopped there. */
    pass,
    /** The next stops are made in this order. */
    stop(where: 'before' | 'behind'): Stop {
      const { promise: reached, resolve: reach } = promised();
      const { promise: gone, resolve: go } = promised();
      stops.push({ where, reach, gone });
      return { reached, go };
    },
  };
}
