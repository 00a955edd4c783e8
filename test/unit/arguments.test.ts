import { expect, it } from 'vitest';
import * as z from 'zod';
import { inputProblems } from '../../src/tools/support/arguments.ts';

it('one problem is told of a field, and each field is told of', () => {
  const schema = z.strictObject({
    count: z.int().max(4),
    size: z.string().min(3).regex(/x/),
    prompt: z.string(),
  });
  const problems = inputProblems(schema, { count: 9.5, size: 'a' });
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['count', 'size', 'prompt']);
});
