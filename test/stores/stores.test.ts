import { describe } from 'vitest';
import { conformsInApprovals } from './approvals.ts';
import { type Backend, inFiles, inMemory } from './backends.ts';
import { conformsForBatches } from './batches.ts';
import { conforms } from './conformance.ts';
import { conformsInDeletion } from './deletion.ts';
import { conformsInReads } from './reads.ts';
import { conformsInSweeps } from './unfollowed.ts';

const BACKENDS: [name: string, create: () => Backend][] = [
  ['a store in memory', inMemory],
  ['a store in files', () => inFiles(1)],
  ['two stores in the same files, asked in turn', () => inFiles(2)],
];

describe.each(BACKENDS)('%s', (_, create) => {
  conforms(create);
  conformsForBatches(create);
  conformsInApprovals(create);
  conformsInSweeps(create);
  conformsInDeletion(create);
});

// Two stores of one process have no budget in common.
describe.each(BACKENDS.slice(0, 2))('%s', (_, create) => conformsInReads(create, 1));
