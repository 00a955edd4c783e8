import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkName, chosenStem, fileStem } from '../../src/images/saving/file-name.ts';
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

describe('a name that an agent chose', () => {
  it.each([
    'hero',
    'hero.png',
    'Hero Banner (2), final!',
    '夕陽の灯台',
    'ภาพที่ 1',
    'é'.repeat(60),
    'console',
    'com10',
    'a.con',
    ' hero',
    'می‌خواهم',
    '👨‍👩‍👧',
  ])('stays as it is: %s', (name) => expect(checkName(name)).toEqual({ name }));

  it('is normalized', () => expect(checkName('e\u0301')).toEqual({ name: '\u00e9' }));

  it.each([
    ['', 'is empty'],
    ['a/b', 'holds a slash or backslash'],
    ['../hero', 'holds a slash or backslash'],
    ['a\\b', 'holds a slash or backslash'],
    ['a\0b', 'holds a character that cannot be printed'],
    ['a\nb', 'holds a character that cannot be printed'],
    ['a\x85b', 'holds a character that cannot be printed'],
    ['a\u2028b', 'holds a character that cannot be printed'],
    ['gnp.\u202eexe', 'holds a character that cannot be printed'],
    ['a\ud83d', 'holds a character that cannot be printed'],
    ...[...'<>:"|?*'].map((each) => [`a${each}b`, `holds ${each}, which Windows does not take`]),
    ['a\u037e:b', 'holds :, which Windows does not take'],
    ['.', 'begins with a dot'],
    ['..', 'begins with a dot'],
    ['.ssh', 'begins with a dot'],
    ['hero.', 'ends with a dot or blank'],
    ['hero ', 'ends with a dot or blank'],
    ['hero\u3000', 'ends with a dot or blank'],
    ['con', 'is that of a device on Windows'],
    ['NUL.png', 'is that of a device on Windows'],
    ['nul .png', 'is that of a device on Windows'],
    ['Com1.tar.gz', 'is that of a device on Windows'],
    ['lpt²', 'is that of a device on Windows'],
    ['CONIN$', 'is that of a device on Windows'],
    ['x'.repeat(121), 'is longer than 120 bytes of UTF-8'],
    ['図'.repeat(41), 'is longer than 120 bytes of UTF-8'],
    ['x'.repeat(1_000_000), 'is longer than 120 bytes of UTF-8'],
  ])('is refused: %j %s', (name, problem) => expect(checkName(name)).toEqual({ problem }));

  it('is one that stays in its folder, or is refused', () => {
    const random = createRandom(11);
    const parts = ['.', '/', '\\', 'a', ' ', 'con', '\0', ':', 'é', '\u0301', '図', '..', '\u202e'];
    for (let round = 0; round < 5_000; round++) {
      const given = Array.from(
        { length: Math.floor(random() * 6) },
        () => parts[Math.floor(random() * parts.length)],
      );
      const checked = checkName(given.join(''));
      if ('problem' in checked) continue;
      expect(checked.name).toBe(given.join('').normalize('NFC'));
      expect(relative('/base', join('/base', checked.name))).toBe(checked.name);
      expect(checked.name).not.toMatch(/^\.|[/\\\0:]|[. ]$/);
    }
  });
});
