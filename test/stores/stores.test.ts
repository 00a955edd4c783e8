import { describe } from 'vitest';
import { inFiles, inMemory } from './backends.ts';
import { conformsForBatches } from './batches.ts';
import { conforms } from './conformance.ts';

describe('a store in memory', () => {
  conforms(inMemory);
  conformsForBatches(inMemory);
});
describe('a store in files', () => {
  conforms(() => inFiles(1));
  conformsForBatches(() => inFiles(1));
});
describe('two stores in the same files, asked in turn', () => {
  conforms(() => inFiles(2));
  conformsForBatches(() => inFiles(2));
});
