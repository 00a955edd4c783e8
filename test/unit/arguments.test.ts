import { expect, it } from 'vitest';
import * as z from 'zod';
import { inputProblems, readArguments } from '../../src/tools/support/arguments.ts';

it('one problem is told of a field, and each field is told of', () => {
  const schema = z.strictObject({
    count: z.int().max(4),
    size: z.string().min(3).regex(/x/),
    prompt: z.string(),
  });
  const problems = inputProblems(schema, { count: 9.5, size: 'a' });
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['count', 'size', 'prompt']);
});

it('a value that comes as JSON in a text is checked like any other', () => {
  const tool = { name: 'tool', input: z.strictObject({ input: z.looseObject({}) }) };
  expect(readArguments(tool, { input: '{"prompt":"a"}' })).toEqual({ input: { prompt: 'a' } });
  expect(() => readArguments(tool, { input: '{"__proto__":{"a":1}}' })).toThrow('unknown field "__proto__"');
  expect(() => readArguments(tool, { input: `{"a":${'['.repeat(99)}${']'.repeat(99)}}` })).toThrow('nested');
});
