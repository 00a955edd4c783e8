import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkName, fileStem, splitName } from '../../src/images/saving/file-name.ts';
import type { Job } from '../../src/jobs/job.ts';
import { createRandom } from '../support/random.ts';

const job: Job = {
  state: 'succeeded',
  submitted_at: '2026-11-21T10:00:00.000Z',
  model: 'openai/gpt-image-2/text-to-image',
  input: { prompt: 'A lighthouse, on a cliff at sunset; teal sea & warm light in all of the windows' },
  request_id: '3f0c9a52-7d1e-4c51-9a0b-2b8f4f1f2a10',
  urls: ['https://example.com/a.png'],
};
const stemOf = (change: Partial<Job>, index = 0) => fileStem({ job: { ...job, ...change }, index });

describe('the name of a saved image', () => {
  it('tells when and of what', () => {
    expect(stemOf({})).toBe('2026-11-21-a-lighthouse-on-a-cliff-at-sunset-teal');
  });

  it('is numbered where a job made several', () => {
    const urls = ['https://example.com/a.png', 'https://example.com/b.png'];
    expect(stemOf({ urls, input: { prompt: 'a fox' } }, 1)).toBe('2026-11-21-a-fox-2');
  });

  it.each([
    ['a prompt without a Latin letter', { input: { prompt: '夕陽の灯台' } }, '2026-11-21-夕陽の灯台'],
    ['marks that stand on letters', { input: { prompt: 'ภาพที่ ๑' } }, '2026-11-21-ภาพที่-๑'],
    ['accents', { input: { prompt: 'Füchse à la crème' } }, '2026-11-21-füchse-à-la-crème'],
    ['a way out in the prompt', { input: { prompt: '../../etc/passwd\0' } }, '2026-11-21-etc-passwd'],
    ['one endless word', { input: { prompt: 'x'.repeat(5_000) } }, `2026-11-21-${'x'.repeat(40)}`],
    ['no prompt', { input: {} }, '2026-11-21-untitled'],
    ['a prompt without a letter', { input: { prompt: '...' } }, '2026-11-21-untitled'],
    ['no date', { submitted_at: '', input: { prompt: 'con' } }, 'undated-con'],
    ['a way out in the date', { submitted_at: '../../x' }, 'undated-a-lighthouse-on-a-cliff-at-sunset-teal'],
  ] as [string, Partial<Job>, string][])('takes %s', (_, change, expected) => {
    expect(stemOf(change)).toBe(expected);
  });

  it('is below its folder, of letters and digits and not too long, whatever it is made of', () => {
    const random = createRandom(7);
    const junk = () =>
      Array.from({ length: Math.floor(random() * 300) }, () =>
        String.fromCharCode(Math.floor(random() * (random() < 0.5 ? 128 : 0xffff))),
      ).join('');
    for (let round = 0; round < 2_000; round++) {
      const stem = stemOf({
        submitted_at: junk(),
        model: junk(),
        input: { prompt: junk() },
        request_id: junk(),
      });
      expect(stem).toMatch(/^[\p{L}\p{N}\p{M}_-]*$/u);
      expect(Buffer.byteLength(stem)).toBeLessThan(80);
      expect(relative('/base', join('/base', `${stem}.png`))).toBe(`${stem}.png`);
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

describe('a chosen name', () => {
  it.each([
    ['logo', { stem: 'logo' }],
    ['logo.png', { stem: 'logo', extension: 'png', type: 'image/png' }],
    ['Logo.JPEG', { stem: 'Logo', extension: 'JPEG', type: 'image/jpeg' }],
    ['clip.v2.mp4', { stem: 'clip.v2', extension: 'mp4', type: 'video/mp4' }],
    ['logo.v2', { stem: 'logo.v2' }],
    ['png', { stem: 'png' }],
    ['logo.', { stem: 'logo.' }],
    ['.png', { stem: '.png' }],
  ])('has an extension if that is of a known type: %s', (name, expected) => {
    expect(splitName(name)).toEqual(expected);
  });
});
