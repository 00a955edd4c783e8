import { describe, expect, it } from 'vitest';
import { isTooComplex } from '../../src/mcp/transports/http/json-size.ts';

const told = (text: string) => isTooComplex(Buffer.from(text));

describe('JSON from outside', () => {
  it.each([
    ['nested 100 deep', '['.repeat(100) + ']'.repeat(100)],
    ['of 99,999 values', `[${'1,'.repeat(99_998)}1]`],
    ['with brackets in a text', JSON.stringify(['{['.repeat(100_000)])],
    ['with quotes in a text', JSON.stringify(['",[\\"'.repeat(100_000)])],
    ['with a backslash at the end of a text', JSON.stringify(['\\', { a: '\\\\' }, []])],
    ['that goes up and down', `[${'[],'.repeat(40_000)}[]]`],
    ['cut in a text', '"abc\\'],
    ['empty', ''],
  ])('is parsed: %s', (_, text) => expect(told(text)).toBe(false));

  it.each([
    ['nested 101 deep', '['.repeat(101) + ']'.repeat(101)],
    ['100,000 brackets', '['.repeat(100_000)],
    ['100,000 objects in each other', '{"a":'.repeat(100_000)],
    ['200,000 numbers', `[${'1,'.repeat(200_000)}1]`],
    ['60,000 names', `{${'"a":1,'.repeat(60_000)}"b":1}`],
    ['brackets behind a text that looks unfinished', `["\\\\",${'['.repeat(101)}`],
  ])('is not: %s', (_, text) => expect(told(text)).toBe(true));
});
