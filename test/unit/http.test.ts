import { describe, expect, it, onTestFinished } from 'vitest';
import type { HttpLimits } from '../../src/runcomfy/connections.ts';
import { createHttp } from '../../src/runcomfy/http.ts';
import { http, type RawAnswer, startRawUpstream } from '../support/raw-upstream.ts';

const SILENCE: RawAnswer = { bytes: '' };

/** Sends GETs to an upstream that answers each path as told. */
async function client(answer: (path: string) => RawAnswer, limits: Partial<HttpLimits> = {}) {
  const upstream = await startRawUpstream([], { free: (line) => answer(line.split(' ')[1] ?? '') });
  const { send, close } = createHttp(limits);
  onTestFinished(close);
  const get = (path: string, signal?: AbortSignal) =>
    send({ method: 'GET', url: new URL(path, upstream.origin), key: 'key', signal });
  return { upstream, get };
}

describe('one exchange', () => {
  it('takes no more of a body than it may, and tells so', async () => {
    const { get } = await client(() => http(200, 'x'.repeat(1 << 20)), { bytes: 5_000 });
    const { status, text, brokenBy } = await get('/');
    expect({ status, brokenBy }).toEqual({ status: 200, brokenBy: 'ANSWER_TOO_LARGE' });
    expect(text.length).toBeLessThanOrEqual(5_000);
  });

  it('keeps what came of a body that breaks off', async () => {
    const { get } = await client(() => ({ ...http(200, 'half', { 'content-length': 8 }), ends: true }));
    expect(await get('/')).toEqual({ status: 200, text: 'half', brokenBy: 'UND_ERR_SOCKET' });
  });

  it('that is given up ends at once and frees its connection, and one that still waits for one never goes out', async () => {
    const silent = (path: string) => (path === '/next' ? http(200, {}) : SILENCE);
    const { upstream, get } = await client(silent, { headers: 600_000 });
    const stop = new AbortController();
    const given = [get('/given', stop.signal)];
    for (let count = 1; count < 6; count++) get('/silent').catch(() => {});
    await expect.poll(() => upstream.requests.length).toBe(6);
    given.push(get('/waits', stop.signal));
    const next = get('/next');
    // Both are in the queue then.
    await new Promise(setImmediate);
    stop.abort('user');
    for (const end of await Promise.allSettled(given))
      expect(end).toEqual({ status: 'rejected', reason: 'user' });
    expect(await next).toMatchObject({ status: 200 });
    expect(upstream.requests.slice(6).map(({ line }) => line)).toEqual(['GET /next HTTP/1.1']);
  });
});
