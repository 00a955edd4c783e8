import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chosenStem, fileStem } from '../../src/images/saving/file-name.ts';
import { createRandom } from '../support/random.ts';

const parts = {
  state: 'succeeded' as const,
  submitted_at: '2026-11-21T10:00:00.000Z',
  model: 'openai/gpt-image-2/text-to-image',
  input: { prompt: 'A lighthouse, on a cliff at sunset; teal sea & warm light in all of the windows' },
  request_id: '3f0c9a52-7d1e-4c51-9a0b-2b8f4f1f2a10',
};

describe('the name of a saved image', () => {
  it('tells when, by what, of what and which', () => {
    expect(fileStem(parts)).toBe(
      '2026-11-21-gpt-image-2-text-to-image-a-lighthouse-on-a-cliff-at-sunset-teal-3f0c9a52-7d1e-4c51-9a0b-2b8f4f1f2a10',
    );
  });

  it.each([
    [
      'a prompt without a Latin letter',
      { input: { prompt: '夕陽の灯台' } },
      '2026-11-21-gpt-image-2-text-to-image-夕陽の灯台-3f0c',
    ],
    ['accents', { input: { prompt: 'Füchse à la crème' } }, 'image-füchse-à-la-crème-3f0c'],
    ['a way out in the prompt', { input: { prompt: '../../etc/passwd\0' } }, 'image-etc-passwd-3f0c'],
    ['a way out in the model', { model: 'a/../../b' }, '2026-11-21-b-a-lighthouse'],
    ['a way out in the request id', { request_id: '../x' }, 'teal-x'],
    ['one endless word', { input: { prompt: 'x'.repeat(5_000) } }, `image-${'x'.repeat(40)}-3f0c`],
    ['no date', { submitted_at: '' }, 'gpt-image-2-text-to-image-a'],
  ])('takes %s', (_, change, expected) => {
    expect(fileStem({ ...parts, ...change })).toContain(expected);
  });

  it.each([
    ['hero banner', 'hero-banner'],
    ['Hero_Banner.PNG', 'Hero_Banner'],
    ['../../.ssh/authorized_keys', 'ssh-authorized_keys'],
    ['C:\\Windows\\win.ini', 'C-Windows-win-ini'],
    ['CON', 'image-CON'],
    ['nul.png', 'image-nul'],
    ['com1', 'image-com1'],
    ['...', ''],
    ['図', '図'],
    ['ภาพที่ 1', 'ภาพที่-1'],
    ['\u202e😀', ''],
    ['é'.repeat(500), 'é'.repeat(60)],
  ])('that a caller chose: %s', (name, stem) => expect(chosenStem(name)).toBe(stem));

  it('is below its folder, of letters and digits and not too long, whatever it is made of', () => {
    const random = createRandom(7);
    const junk = () =>
      Array.from({ length: Math.floor(random() * 300) }, () =>
        String.fromCharCode(Math.floor(random() * (random() < 0.5 ? 128 : 0xffff))),
      ).join('');
    for (let round = 0; round < 2_000; round++) {
      const stems = [
        fileStem({
          ...parts,
          submitted_at: junk(),
          model: junk(),
          input: { prompt: junk() },
          request_id: junk(),
        }),
        chosenStem(junk()),
      ];
      for (const stem of stems) {
        expect(stem).toMatch(/^[\p{L}\p{N}\p{M}_-]*$/u);
        expect(Buffer.byteLength(stem)).toBeLessThan(200);
        expect(relative('/base', join('/base', `${stem}.png`))).toBe(`${stem}.png`);
      }
    }
  });
});
