import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bodyText } from '../../src/runcomfy/http.ts';

const TEXT = '{"é":"狐"}';
const MAX = 1_000;

describe('the text of a body', () => {
  it.each([
    ['as it is', Buffer.from(TEXT), undefined],
    ['behind a byte order mark', Buffer.from(`\ufeff${TEXT}`), 'identity'],
    ['in gzip', gzipSync(`\ufeff${TEXT}`), 'gzip'],
    ['in gzip, by another name', gzipSync(TEXT), ['X-GZIP']],
    ['in deflate', deflateSync(TEXT), 'deflate'],
    ['in no gzip, though it says so', Buffer.from(TEXT), 'gzip'],
  ])('%s', async (_, body, encoding) => {
    expect(await bodyText(body, encoding, MAX)).toBe(TEXT);
  });

  it('is not unpacked to more than is taken of any', async () => {
    const bomb = gzipSync('x'.repeat(1 << 20));
    expect((await bodyText(bomb, 'gzip', MAX)).length).toBeLessThanOrEqual(bomb.length);
  });
});
