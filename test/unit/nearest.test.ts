import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../src/did-you-mean.ts';

const FIELDS = [
  'prompt',
  'image_urls',
  'image_size',
  'quality',
  'output_format',
  'output_compression',
  'seed',
];

describe('didYouMean', () => {
  it.each([
    ['promt', 'prompt'],
    ['Prompt', 'prompt'],
    ['imageSize', 'image_size'],
    ['image-urls', 'image_urls'],
    ['image_url', 'image_urls'],
    ['sede', 'seed'],
    ['qualtiy', 'quality'],
    ['size', 'image_size'],
    ['format', 'output_format'],
    ['urls', 'image_urls'],
  ])('takes %s for %s', (given, name) => {
    expect(didYouMean(given, FIELDS)).toBe(` (did you mean ${name}?)`);
  });

  it.each([
    'n',
    'style',
    'negative_prompt',
    'output',
    'image',
    '',
    '--',
    'constructor',
    `prompt${'t'.repeat(60)}`,
    'x'.repeat(1_000_000),
  ])('has nothing to say about %.20s', (given) => {
    expect(didYouMean(given, FIELDS)).toBe('');
  });

  it('compares nothing that is longer than a name, nor what is beyond many names', () => {
    expect(didYouMean('a'.repeat(49), ['a'.repeat(48)])).toBe('');
    expect(didYouMean('a'.repeat(48), ['a'.repeat(49)])).toBe('');
    const names = Array.from({ length: 200 }, (_, at) => `${at}`);
    expect(didYouMean('promt', [...names, 'prompt'])).toBe('');
    expect(didYouMean('promt', [...names.slice(1), 'prompt'])).toContain('prompt');
  });

  it('has nothing to say where there are no names', () => {
    expect(didYouMean('prompt', [])).toBe('');
  });
});
