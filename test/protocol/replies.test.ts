import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkAnswer, readRecords } from '../support/books.ts';
import { CALL } from '../support/calls.ts';
import { connect, KEY, textOf } from '../support/program.ts';
import { http, type RawAnswer, startRawUpstream } from '../support/raw-upstream.ts';

const ID = { request_id: 'raw-1' };
const BODY = JSON.stringify({ ...ID, status_url: 'https://example.com/status' });
const SIX = { error_code: 503001, error_message: 'overloaded' };
const SOON = { 'retry-after': 1 };

/** Makes the paid call of an upstream that answers its submits so, and tells how it ended. */
async function call(answers: readonly RawAnswer[], options?: Parameters<typeof startRawUpstream>[1]) {
  const upstream = await startRawUpstream(answers, options);
  const { client, config } = await connect({
    baseUrl: upstream.origin,
    httpLimits: { headers: 300, body: 300 },
  });
  const result = await client.callTool(CALL);
  const text = textOf(result);
  checkAnswer(text, result.isError === true);
  const code = /\[(\w+)\]$/.exec(text)?.[1];
  const ends = code ?? (result.structuredContent as { status: string }).status;
  const records = readRecords(config.dataDir).map(({ state, request_id }) => ({ state, request_id }));
  return { ends, submits: upstream.submits, records, text, upstream };
}

const UNKNOWN = {
  ends: 'submit_unknown',
  submits: 1,
  records: [{ state: 'unknown', request_id: undefined }],
};
const PAID = { ends: 'succeeded', submits: 1, records: [{ state: 'succeeded', request_id: 'raw-1' }] };
const DOUBTED = { ends: 'submit_unknown', submits: 1, records: [{ state: 'unknown', request_id: 'raw-1' }] };

describe('a reply without an id that proves nothing is never sent again', () => {
  const BODIES: [what: string, body: unknown][] = [
    ['an empty object', {}],
    ['an empty list', []],
    ["a gateway's words", { message: 'upstream connect error' }],
    ['a page', '<html><body>Bad Gateway</body></html>'],
    ['a number of RunComfy', { error_code: 400002, error_message: 'no balance left' }],
    ['a number of its sibling', { code: 10001 }],
  ];
  const STATUSES = [408, 409, 425, 500, 502, 504];
  const ROWS = STATUSES.flatMap((status) => BODIES.map(([what, body]) => [status, what, body] as const));
  it.each([
    ...ROWS,
    ...BODIES.filter(([what]) => what !== 'a number of RunComfy').map((row) => [503, ...row] as const),
  ])('%i with %s', async (status, _, body) => {
    expect(await call([http(status, body, SOON)])).toMatchObject(UNKNOWN);
  });

  it('503 with a number of RunComfy, but no time to wait for', async () => {
    expect(await call([http(503, SIX)])).toMatchObject(UNKNOWN);
  });

  it('429 that is cut off, so that an id may have stood in it', async () => {
    const cut = http(429, '{"message":"slow', { ...SOON, 'content-length': 200 });
    expect(await call([{ ...cut, ends: true }])).toMatchObject(UNKNOWN);
    expect(await call([http(429, '{"request_id":"ra', SOON)])).toMatchObject(UNKNOWN);
  });

  it('429 with an id of another form', async () => {
    const { text, ...seen } = await call([http(429, { request_id: 'raw 1' }, SOON)]);
    expect(seen).toMatchObject(UNKNOWN);
    expect(text).toContain('"raw 1"');
  });
});

describe('a reply that says that nothing was done', () => {
  const REFUSED = { ends: 'rate_limited', submits: 3, records: [] };
  it.each([
    ['429 for ever', [http(429, {}, SOON)], REFUSED],
    ['429 as a page', [http(429, '<html>Too Many Requests</html>', SOON)], REFUSED],
    ['429, then accepted', [http(429, {}, SOON), http(200, BODY)], { ...PAID, submits: 2 }],
    [
      '503 with a number of RunComfy, then accepted',
      [http(503, SIX, SOON), http(200, BODY)],
      { ...PAID, submits: 2 },
    ],
    ['503 with a number of RunComfy for ever', [http(503, SIX, SOON)], { ...REFUSED, ends: 'service_error' }],
    ['400', [http(400, {})], { ends: 'input_refused', submits: 1, records: [] }],
    ['404', [http(404, '<html>')], { ends: 'unknown_model', submits: 1, records: [] }],
    ['418', [http(418, {})], { ends: 'service_error', submits: 1, records: [] }],
    [
      'a number and an id',
      [http(400, { ...ID, error_code: 400002 })],
      { ends: 'no_balance', submits: 1, records: [] },
    ],
  ])('%s', async (_, answers, ends) => {
    expect(await call(answers)).toMatchObject(ends);
  });
});

describe('an id in a reply that proves nothing is a lead', () => {
  const LEADS = [408, 409, 425, 500, 502, 503, 504].map(
    (status) => [status, { ...ID, ...SIX }] as [number, object],
  );
  it.each([...LEADS, [307, ID], [429, ID], [429, { ...ID, ...SIX }], [400, ID], [404, { ...ID, code: 404 }]])(
    '%i with %j, which RunComfy knows, is the job',
    async (status, body) => {
      expect(await call([http(status, body, SOON)])).toMatchObject(PAID);
    },
  );

  it.each(LEADS)('%i with %j, which RunComfy does not know, stays in doubt', async (status, body) => {
    const { upstream, ...seen } = await call([http(status, body, SOON)], { knows: false });
    expect(seen).toMatchObject(DOUBTED);
    expect(upstream.requests.map(({ line }) => line.split(' ')[1])).toEqual([
      '/v1/models/openai/gpt-image-2/text-to-image',
      '/v1/requests/raw-1/status',
      '/v1/requests/raw-1/status',
    ]);
  });

  it.each([
    [429, 'rate_limited'],
    [400, 'input_refused'],
  ])('%i with one that RunComfy does not know is as if none had come', async (status, ends) => {
    expect(await call([http(status, ID, SOON)], { knows: false })).toMatchObject({
      ends,
      submits: 1,
      records: [],
    });
  });

  it('in a 200 that does not hold all of its body is one too', async () => {
    const cut = http(200, BODY, { 'content-length': BODY.indexOf(',') });
    expect(await call([cut], { knows: false })).toMatchObject(DOUBTED);
  });

  it('is told in words', async () => {
    const { text } = await call([http(502, { ...ID, message: `${KEY} <b>` })], { knows: false });
    expect(text).toMatchSnapshot();
    expect(text).not.toContain(KEY);
  });
});

describe('a job whose id came is not lost by', () => {
  const cutAt = (at: number, status = 200) => ({
    ...http(status, BODY.slice(0, at), { 'content-length': BODY.length }),
    ends: true,
  });
  const behindId = BODY.indexOf(',');
  const gzipped = gzipSync(BODY);
  const chunked = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${behindId.toString(16)}\r\n${BODY.slice(0, behindId)}\r\n`;
  it.each([
    ['a body that is cut right behind it', cutAt(behindId)],
    ['a body that is cut in the middle', cutAt(behindId + 20)],
    ['an error that is cut', cutAt(behindId, 500)],
    ['a refusal for now that is cut', cutAt(behindId, 429)],
    ['a Content-Length that is too long', { ...http(200, BODY, { 'content-length': 500 }), ends: true }],
    ['one that is too long on an open connection', http(200, BODY, { 'content-length': 500 })],
    ['one that is too short', http(200, BODY, { 'content-length': behindId })],
    ['chunks without an end', { bytes: chunked, ends: true }],
    ['chunks that never go on', { bytes: chunked }],
    ['gzip that nobody asked for', http(200, gzipped, { 'content-encoding': 'gzip' })],
    [
      'gzip that is cut',
      { ...http(200, gzipped.subarray(0, -12), { 'content-encoding': 'gzip' }), ends: true },
    ],
    ['a byte order mark', http(200, `\ufeff${BODY}`)],
    ['words behind it', http(200, `${BODY}\n<!-- served by a proxy -->`)],
    [
      'an early hint',
      { bytes: Buffer.concat([Buffer.from('HTTP/1.1 103 Hints\r\n\r\n'), http(200, BODY).bytes]) },
    ],
    [
      'an error that is nested deeply',
      http(200, `{"error":${'['.repeat(1e5)}${']'.repeat(1e5)},${BODY.slice(1)}`),
    ],
  ])('%s', async (_, answer) => {
    expect(await call([answer])).toMatchObject(PAID);
  });

  it.each([
    ['a body that is cut within it', cutAt(behindId - 3)],
    ['one that stands deeper', http(200, { data: ID })],
    [
      'one that stands deeper, and is cut',
      { ...http(200, `{"data":${BODY}`, { 'content-length': 500 }), ends: true },
    ],
    ['one that is quoted', http(500, `{"message":"\\"request_id\\":\\"raw-1\\"`)],
    ['one in a page', http(502, `<html>${BODY}</html>`)],
    // undici destroys the connection.
    [
      '100 Continue, though not asked for',
      { bytes: Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), http(200, BODY).bytes]) },
    ],
  ])('but stays in doubt by %s', async (_, answer) => {
    expect(await call([answer])).toMatchObject(UNKNOWN);
  });

  it.each([
    ['a text', { request_id: `../${KEY}/"x"` }, `"../[key]/'x'"`],
    ['a number', { request_id: 4711 }, '"4711"'],
    ['a long text', { request_id: 'x'.repeat(129) }, `"${'x'.repeat(129)}"`],
  ])('but is told, quoted, where it has another form: %s', async (_, body, quoted) => {
    const { text, ...seen } = await call([http(200, body)]);
    expect(seen).toMatchObject(UNKNOWN);
    expect(text).toContain(quoted);
  });
});

// A machine that stands still for seconds is no fault of the program.
const BUSY = { retry: 3 };

describe('connections', () => {
  it('ask for the body as it is', async () => {
    const { upstream } = await call([http(200, BODY)]);
    for (const { head } of upstream.requests) expect(head).toMatch(/^accept-encoding: identity$/im);
  });

  it.each([
    ['nothing', {}],
    ['a long time', { 'keep-alive': 'timeout=600' }],
  ])(
    'of submits are closed when they idle, where the far end says %s; others stay',
    BUSY,
    async (_, headers) => {
      const keep = { connection: 'keep-alive', ...headers };
      const upstream = await startRawUpstream([
        http(200, BODY, keep),
        http(200, { request_id: 'raw-2' }, keep),
      ]);
      const { client } = await connect({ baseUrl: upstream.origin, httpLimits: { submitIdle: 50 } });
      await client.callTool(CALL);
      const on = (part: string) =>
        upstream.requests.filter(({ line }) => line.includes(part)).map(({ connection }) => connection);
      const [first = -1] = on('/models/');
      // Before undici's own 4 s are over.
      await expect.poll(() => upstream.isClosed(first), { timeout: 3_000 }).toBe(true);
      await client.callTool({ name: 'cancel_image_job', arguments: { request_id: 'raw-9' } });
      await client.callTool({ ...CALL, arguments: { prompt: 'another' } });
      expect(new Set(on('/models/')).size).toBe(2);
      for (const connection of on('/requests/')) {
        expect(on('/models/')).not.toContain(connection);
        expect(upstream.isClosed(connection)).toBe(false);
      }
    },
  );
});
