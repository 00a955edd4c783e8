import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect, freshDataDir, KEY, textOf } from '../support/program.ts';
import { jobsDir } from '../support/records.ts';

const IMAGE = 'gpt_image_2_text_to_image';
const EDIT = 'gpt_image_1_5_image_to_image';

/** Input that does not fit: each names the field and what is right, and nothing is submitted. */
const REFUSED: [what: string, tool: string, args: Record<string, unknown>][] = [
  ['an enum value that does not exist', IMAGE, { prompt: 'a', resolution: '1K' }],
  ['a misspelt field', IMAGE, { prompt: 'a', aspect: '1:1' }],
  ['a missing prompt', IMAGE, {}],
  ['an empty prompt', IMAGE, { prompt: ' \n' }],
  ['null for a prompt', IMAGE, { prompt: null }],
  ['null for a field that does not exist', IMAGE, { prompt: 'a', aspect: null }],
  ['a prompt that is no text', IMAGE, { prompt: 7 }],
  [
    'a transparent picture as JPEG',
    'gpt_image_1_5_text_to_image',
    { prompt: 'a', background: 'transparent', output_format: 'jpeg' },
  ],
  ['several problems at once', IMAGE, { quality: 'best', size: '1:1' }],
  ['too many image URLs', EDIT, { prompt: 'a', image_urls: Array(11).fill('https://example.com/a.png') }],
  ['no image URL', EDIT, { prompt: 'a', image_urls: [] }],
  [
    'an http image URL',
    EDIT,
    { prompt: 'a', image_urls: ['https://example.com/a.png', 'http://example.com/a.png'] },
  ],
  ['a file URL', EDIT, { prompt: 'a', image_urls: ['file:///etc/passwd'] }],
  ['a path', EDIT, { prompt: 'a', image_urls: ['/home/me/cat.png'] }],
  ['a URL that only this network reaches', EDIT, { prompt: 'a', image_urls: ['https://192.168.1.4/a.png'] }],
  ['a URL with a password', EDIT, { prompt: 'a', image_urls: ['https://me:secret@example.com/a.png'] }],
  ['a seed that is no whole number', 'imagineart_1_5_preview_text_to_image', { prompt: 'a', seed: 1.5 }],
  ['a request id with slashes', 'get_image_job', { request_id: '../../v1/models' }],
  ['an empty request id', 'cancel_image_job', { request_id: '' }],
  ['a limit out of bounds', 'list_image_jobs', { limit: 0 }],
];

describe('input that does not fit', () => {
  it.each(REFUSED)('%s', async (_, name, args) => {
    const { client, sandbox, config } = await connect({ outputDir: '/nonexistent/images' });
    const result = await client.callTool({ name, arguments: args });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatchSnapshot();
    expect(sandbox.requests).toEqual([]);
    expect(() => readdirSync(config.dataDir)).toThrow('ENOENT');
  });

  it.each([
    [
      'an array as a JSON string',
      EDIT,
      { prompt: 'a', image_urls: '["https://example.com/a.png"]' },
      { image_urls: ['https://example.com/a.png'] },
    ],
    [
      'a number as a JSON string',
      'imagineart_1_5_preview_text_to_image',
      { prompt: 'a', seed: '42' },
      { seed: 42 },
    ],
    [
      'null for what is left out',
      IMAGE,
      { prompt: 'a', quality: null, resolution: '2k' },
      { resolution: '2k' },
    ],
    ['wait_for_previous', IMAGE, { prompt: '["a"]', wait_for_previous: true }, { prompt: '["a"]' }],
  ])('but %s is understood', async (_, name, args, sent) => {
    const { client, sandbox } = await connect();
    await client.callTool({ name, arguments: args });
    expect(sandbox.engine.jobs[0]?.input).toEqual({ prompt: args.prompt, ...sent });
  });

  it('a tool that does not exist is a protocol error', async () => {
    const { client } = await connect();
    await expect(client.callTool({ name: 'paint', arguments: {} })).rejects.toThrow('paint');
  });
});

describe('a service that cannot be used', () => {
  const call = { name: IMAGE, arguments: { prompt: 'a' } };

  it('no key', async () => {
    const { client, sandbox } = await connect({ key: undefined });
    const result = await client.callTool(call);
    expect(textOf(result)).toMatchSnapshot();
    expect(sandbox.requests).toEqual([]);
  });

  it('a wrong key, also where the service echoes it', async () => {
    const wrong = 'wrong-key-9876543210';
    const { client, sandbox, log } = await connect({ key: { value: wrong, from: 'RUNCOMFY_API_KEY' } });
    expect(textOf(await client.callTool(call))).toMatchSnapshot();
    const message = `key ${wrong} (Bearer ${wrong}) is bad`;
    sandbox.inject({ on: 'submit', what: { status: 403, body: { message } } });
    const echoed = textOf(await client.callTool(call));
    expect(echoed).toMatchSnapshot();
    expect(echoed + log.join()).not.toContain(wrong);
    expect(sandbox.engine.jobs).toEqual([]);
  });

  it('an unreachable host', async () => {
    const { client } = await connect({ baseUrl: `http://127.0.0.1:${await closedPort()}` });
    const result = await client.callTool(call);
    expect(textOf(result)).toMatchSnapshot();
    const list = await client.callTool({ name: 'list_image_jobs', arguments: {} });
    expect(list.structuredContent).toEqual({ jobs: [] });
  });

  it.each([
    ['no balance', { status: 400, body: { error_code: 400002, error_message: 'insufficient balance' } }],
    [
      'an error inside a 200',
      { status: 200, body: { error_code: 400002, error_message: 'insufficient balance' } },
    ],
    ['a model that is gone', { status: 404, body: { detail: 'Not Found' } }],
    [
      'an input that it refuses',
      { status: 422, body: { error_code: 422001, detail: [{ loc: ['prompt'], msg: 'too long' }] } },
    ],
    [
      'a rate limit with a long wait',
      { status: 429, body: { message: 'slow down' }, headers: { 'retry-after': '90' } },
    ],
    [
      'an HTML error page',
      {
        status: 500,
        body: `<html><style>p{}</style><h1>Internal Server Error</h1>${'<p>x</p>'.repeat(900)}</html>`,
      },
    ],
    ['an answer without a request id', { status: 200, body: { ok: true } }],
  ])('%s', async (_, what) => {
    const { client, sandbox } = await connect();
    sandbox.inject({ on: 'submit', times: Number.POSITIVE_INFINITY, what });
    const result = await client.callTool(call);
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatchSnapshot();
    expect(sandbox.requests.filter(({ route }) => route === 'submit')).toHaveLength(1);
  });

  it('records that cannot be written refuse the call before anything is paid', async () => {
    const { client, sandbox } = await connect({ dataDir: '/dev/null/nowhere' });
    const result = await client.callTool(call);
    expect(textOf(result).replace(/accounts\/[^/]+/, 'accounts/…')).toMatchSnapshot();
    expect(sandbox.requests).toEqual([]);
  });

  it('keeps the key out of the records', async () => {
    const { client, config } = await connect({ dataDir: freshDataDir() });
    await client.callTool(call);
    const { readFile, stat } = await import('node:fs/promises');
    const dir = jobsDir(config);
    const [name = ''] = readdirSync(dir);
    expect(await readFile(join(dir, name), 'utf8')).not.toContain(KEY);
    expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
  });
});

/** A port on which nothing listens. */
function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
