import { describe, expect, it } from 'vitest';
import { sha256Of } from '../../../src/images/library/library.ts';
import { film, places } from '../../support/originals.ts';

const total = film.length;

describe.each(Object.entries(places))('a video from %s', (place, make) => {
  it('comes whole or in parts, for players that jump', async () => {
    const { get } = await make();
    const whole = await get();
    expect(whole.status).toBe(200);
    expect(whole.body.equals(film)).toBe(true);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'accept-ranges': 'bytes',
      'content-length': String(total),
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    for (const [range, from, to] of [
      ['bytes=0-', 0, total - 1],
      ['bytes=0-0', 0, 0],
      ['bytes=1000-1999', 1000, 1999],
      ['bytes=299990-', 299_990, total - 1],
      ['bytes=5-99999999', 5, total - 1],
    ] as const) {
      const part = await get({ range });
      expect(part.status, range).toBe(206);
      expect(part.headers.get('content-range'), range).toBe(`bytes ${from}-${to}/${total}`);
      expect(part.headers.get('content-type')).toBe('video/mp4');
      expect(part.body.equals(film.subarray(from, to + 1)), range).toBe(true);
    }
    expect((await get({ range: `bytes=${total}-` })).status).toBe(416);
    for (const range of ['bytes=0-1,5-6', 'bytes=9-5', 'bytes=-', 'lines=1-2', 'bytes=a-b'])
      expect((await get({ range })).status, range).toBe(200);
  });

  it('tells as much by HEAD, and sends nothing', async () => {
    const { get } = await make();
    const head = await get({}, 0, '', 'HEAD');
    expect([head.status, head.headers.get('content-length'), head.body.length]).toEqual([
      200,
      String(total),
      0,
    ]);
    expect((await get({ range: 'bytes=7-8' }, 0, '', 'HEAD')).status).toBe(206);
  });

  it('is cut where another version of it is asked for on', async () => {
    const { get } = await make();
    const etag = (await get({}, 0, '', 'HEAD')).headers.get('etag');
    expect(etag).toBe(place === 'link' ? null : `"${sha256Of(film)}"`);
    if (etag) expect((await get({ range: 'bytes=5-9', 'if-range': etag })).status).toBe(206);
    expect((await get({ range: 'bytes=5-9', 'if-range': '"another"' })).status).toBe(200);
  });

  it('is downloaded under a name that tells what it is', async () => {
    const { get } = await make();
    const { headers } = await get({}, 0, '?download');
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="\d{4}-\d\d-\d\d-a-red-fox-in-snow\.mp4"; filename\*=UTF-8''\d{4}-\d\d-\d\d-a-red-fox-in-snow\.mp4$/,
    );
  });
});
