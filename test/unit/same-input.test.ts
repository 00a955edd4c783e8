import { describe, expect, it } from 'vitest';
import { readableName } from '../../src/models/readable-name.ts';
import { isSameInput } from '../../src/tools/support/peek/same-input.ts';

const FILE = 'file:///home/me/my%20cat.png#sha256=00&bytes=9';

describe('a recorded input', () => {
  it.each([
    ['itself', { a: 1, b: ['x'] }, { b: ['x'], a: 1 }],
    ['one with nulls', { a: 1, b: null }, { a: 1 }],
    ['one with a list in quotes', { a: '["x", "y"]' }, { a: ['x', 'y'] }],
    ['one with a number in quotes', { a: '7' }, { a: 7 }],
    ['one with a short handle', { a: ['job:r'] }, { a: ['job:r#1'] }],
    ['one that said last', { a: ['last'] }, { a: ['job:r#2'] }],
    ['one with a path', { a: '/home/me/my cat.png' }, { a: FILE }],
    ['one with a path below the home folder', { a: '~/my cat.png' }, { a: FILE }],
    ['one with the URL of a file', { a: 'file:///link/my%20cat.png' }, { a: FILE }],
    ['one with a path of Windows', { a: 'C:\\pictures\\my cat.png' }, { a: FILE }],
  ])('may be that of %s', (_, given, recorded) => expect(isSameInput(given, recorded)).toBe(true));

  it.each([
    ['another value', { a: 1 }, { a: 2 }],
    ['more', { a: 1, b: 2 }, { a: 1 }],
    ['less', { a: 1 }, { a: 1, b: 2 }],
    ['a shorter list', { a: ['x'] }, { a: ['x', 'y'] }],
    ['an object for a list', { a: { 0: 'x' } }, { a: ['x'] }],
    ['another handle', { a: 'job:r#1' }, { a: 'job:r#2' }],
    ['last, where no picture of a job was meant', { a: 'last' }, { a: 'https://example.com/a.png' }],
    ['another file', { a: '/home/me/dog.png' }, { a: FILE }],
    ['a file whose URL is damaged', { a: 'dog.png' }, { a: 'file:///a%2Fdog.png' }],
    ['a text that is no JSON', { a: '{' }, { a: 7 }],
  ])('is not that of one with %s', (_, given, recorded) => expect(isSameInput(given, recorded)).toBe(false));
});

it.each([
  ['google/nano-banana-2/edit', 'Nano Banana 2, edit'],
  ['bytedance/seedream-4-5/text-to-image', 'Seedream 4.5, text to image'],
  ['acme/model_x', 'Model X'],
  ['lonely', 'Lonely'],
])('%s reads as %s', (id, name) => expect(readableName(id)).toBe(name));
