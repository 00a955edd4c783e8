import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { accountOf } from '../../src/config/config.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { accountDir } from '../../src/stores/file/names.ts';
import { createLast } from '../../src/tools/support/last.ts';
import { readRecords } from '../support/books.ts';
import { plain } from '../support/images.ts';
import { connect, eventually, textOf } from '../support/program.ts';
import { startUpstream } from '../support/upstream.ts';

const PAINT = { name: 'gpt_image_2_text_to_image', arguments: { prompt: 'a red fox' } };
const edit = (image: string, prompt = 'in snow') => ({
  name: 'gpt_image_1_5_image_to_image',
  arguments: { prompt, quality: 'low', image_urls: [image] },
});
const png = await plain(64, 48).png().toBuffer();

const idOf = (result: { structuredContent?: unknown }) =>
  (result.structuredContent as { request_id: string }).request_id;

/** A server that keeps pictures, on an upstream whose every job has this one, until its link dies. */
async function withPicture(given: Parameters<typeof connect>[0] = {}) {
  let status = 200;
  const upstream = await startUpstream(['/a.png'], {
    '/a.png': (request, response) => {
      if (status === 0) request.socket.destroy();
      else response.writeHead(status).end(status === 200 ? png : '');
    },
  });
  const connected = await connect({ baseUrl: upstream.origin, keepImagesBytes: 1e9, ...given });
  const { config } = connected;
  const request_id = idOf(await connected.client.callTool(PAINT));
  await connected.client.callTool({ name: 'get_image_job', arguments: { request_id } });
  await eventually(() => readRecords(config.dataDir)[0]?.originals).toHaveLength(1);
  return {
    ...connected,
    handle: `job:${request_id}#1`,
    link: `${upstream.origin}/a.png`,
    /** What was sent for the image field, by submit. */
    sent: () =>
      upstream.calls
        .filter(({ method }) => method === 'POST')
        .map(({ body }) => (JSON.parse(body) as { image_urls?: string[] }).image_urls),
    killLink(code = 404) {
      status = code;
    },
    emptyLibrary() {
      rmSync(join(accountDir(config.dataDir, accountOf(config)), 'library'), { recursive: true });
    },
  };
}

/** A call that its client gives up, as by a timeout, once its job is submitted. */
async function cutOff(client: Client, call: ReturnType<typeof edit>, { engine }: Sandbox): Promise<void> {
  const before = engine.jobs.length;
  const stop = new AbortController();
  const cut = client.callTool(call, { signal: stop.signal }).catch(() => {});
  await eventually(() => engine.jobs.length).toBe(before + 1);
  stop.abort(new Error('Request timed out'));
  await cut;
}

/** Where copies of a picture lie, as the list of jobs tells. */
async function copiesOf(client: Client, handle: string): Promise<string[]> {
  const { structuredContent } = await client.callTool({ name: 'list_image_jobs', arguments: {} });
  const { jobs } = structuredContent as { jobs: { request_id: string; saved?: string[] }[] };
  return jobs.find(({ request_id }) => handle.startsWith(`job:${request_id}#`))?.saved ?? [];
}

describe('an edit by handle', () => {
  it('sends the live link, and records the handle', async () => {
    const { client, sandbox, config } = await connect();
    const { request_id } = (await client.callTool(PAINT)).structuredContent as { request_id: string };
    const result = await client.callTool(edit(`job:${request_id}`));
    expect(result.structuredContent).toMatchObject({ status: 'succeeded' });
    expect(sandbox.engine.jobs[1]?.input.image_urls).toEqual([
      expect.stringContaining(`${sandbox.origin}/outputs/${request_id}/`),
    ]);
    expect(readRecords(config.dataDir).map(({ input }) => input.image_urls)).toContainEqual([
      `job:${request_id}#1`,
    ]);
  });

  it('of an edit of an edit needs no URL', async () => {
    const { client, sandbox } = await connect();
    let handle = `job:${idOf(await client.callTool(PAINT))}#1`;
    for (const step of ['in snow', 'at night', 'as a drawing'])
      handle = `job:${idOf(await client.callTool(edit(handle, step)))}#1`;
    expect(sandbox.engine.jobs).toHaveLength(4);
  });

  it('takes last for the newest picture that was answered, and the answer names it', async () => {
    const { client, sandbox, config } = await connect();
    const first = idOf(await client.callTool(PAINT));
    const result = await client.callTool(edit('last'));
    expect(result.structuredContent).toMatchObject({ status: 'succeeded', last: `job:${first}#1` });
    expect(textOf(result)).toContain(`last was job:${first}#1.`);
    expect(readRecords(config.dataDir).flatMap(({ input }) => input.image_urls ?? [])).toEqual([
      `job:${first}#1`,
    ]);
    const next = await client.callTool(edit('last', 'at night'));
    expect(next.structuredContent).toMatchObject({ last: `job:${idOf(result)}#1` });
    expect(sandbox.engine.jobs).toHaveLength(3);
  });

  it('sends the link while it is alive', async () => {
    const { client, handle, link, sent } = await withPicture();
    await client.callTool(edit(handle));
    expect(sent()).toEqual([undefined, [link]]);
  });

  it.each([404, 403, 500, 302])('sends the kept original where the link answers %i', async (code) => {
    const { client, handle, sent, killLink } = await withPicture();
    killLink(code);
    await client.callTool(edit(handle));
    expect(sent()[1]).toEqual([`data:image/png;base64,${png.toString('base64')}`]);
  });

  it('sends a link that cannot be reached from here where nothing is kept', async () => {
    const { client, handle, link, sent, killLink, emptyLibrary } = await withPicture();
    killLink(0);
    emptyLibrary();
    await client.callTool(edit(handle));
    expect(sent()[1]).toEqual([link]);
  });

  it('is refused where the link is dead and nothing is kept, before anything is paid', async () => {
    const { client, config, handle, sent, killLink, emptyLibrary } = await withPicture();
    killLink();
    emptyLibrary();
    const result = await client.callTool(edit(handle));
    expect(textOf(result)).toMatchSnapshot();
    expect(sent()).toHaveLength(1);
    expect(readRecords(config.dataDir)).toHaveLength(1);
  });
});

describe('a copy that was saved', () => {
  it('is sent where the link is dead and there is no library, as long as it is unchanged', async () => {
    const { client, handle, sent, killLink } = await withPicture({ keepImagesBytes: 0, autoSave: true });
    killLink();
    const [path = ''] = await copiesOf(client, handle);
    await client.callTool(edit(handle));
    expect(sent()[1]).toEqual([`data:image/png;base64,${png.toString('base64')}`]);
    const changed = Buffer.from(png);
    changed.writeUInt8(changed.readUInt8(60) ^ 1, 60);
    writeFileSync(path, changed);
    const result = await client.callTool(edit(handle, 'at night'));
    expect(textOf(result)).toContain('it is not kept');
    expect(sent()).toHaveLength(2);
  });
});

it('a picture on a host that is not trusted is neither asked for nor sent', async () => {
  const upstream = await startUpstream('https://evil.example/a.png');
  const { client } = await connect({ baseUrl: upstream.origin });
  const request_id = idOf(await client.callTool(PAINT));
  const result = await client.callTool(edit(`job:${request_id}`));
  expect(textOf(result)).toContain('it is not on a RunComfy host');
  expect(upstream.calls.filter(({ method }) => method === 'POST')).toHaveLength(1);
});

describe('a repeated call that names a picture', () => {
  it('is the same call when the picture has been evicted meanwhile', async () => {
    const { client, handle, sent, killLink, emptyLibrary } = await withPicture({ waitSeconds: 0 });
    const first = await client.callTool(edit(handle));
    killLink();
    emptyLibrary();
    const again = await client.callTool(edit(handle));
    expect(again.structuredContent).toMatchObject({ request_id: idOf(first), resumed: true });
    expect(sent()).toHaveLength(2);
  });

  it('is the same call when last has moved on', async () => {
    const { client, sandbox } = await connect();
    const first = idOf(await client.callTool(PAINT));
    sandbox.engine.planNext({ runMs: 3_600_000 });
    await cutOff(client, edit('last'), sandbox);
    const moved = await client.callTool({ ...PAINT, arguments: { prompt: 'a cat' } });
    expect(moved.structuredContent).toMatchObject({ status: 'succeeded' });
    const again = await client.callTool(edit('last'));
    expect(again.structuredContent).toMatchObject({
      request_id: sandbox.engine.jobs[1]?.id,
      resumed: true,
      last: `job:${first}#1`,
    });
    expect(sandbox.engine.jobs).toHaveLength(3);
  });

  it('without its number is the same call', async () => {
    const { client, sandbox } = await connect();
    const id = idOf(await client.callTool(PAINT));
    sandbox.engine.planNext({ runMs: 3_600_000 });
    await cutOff(client, edit(`job:${id}`), sandbox);
    const again = await client.callTool(edit(`job:${id}#1`));
    expect(again.structuredContent).toMatchObject({ resumed: true });
    expect(sandbox.engine.jobs).toHaveLength(2);
  });

  it('is another call when its answer arrived and last has moved on', async () => {
    const { client, sandbox } = await connect();
    await client.callTool(PAINT);
    const edited = await client.callTool(edit('last'));
    const again = await client.callTool(edit('last'));
    expect(again.structuredContent).toMatchObject({ last: `job:${idOf(edited)}#1` });
    expect(sandbox.engine.jobs).toHaveLength(3);
  });
});

describe('last', () => {
  it('is no picture whose answer was cut off', async () => {
    const { client, sandbox } = await connect();
    const first = idOf(await client.callTool(PAINT));
    await cutOff(client, edit(`job:${first}`, 'at night'), sandbox);
    const result = await client.callTool(edit('last', 'by day'));
    expect(result.structuredContent).toMatchObject({ last: `job:${first}#1` });
  });

  it('waits for the delivery of an answer that the client may have read already', async () => {
    const last = createLast();
    let deliver = (_: boolean) => {};
    last.onAnswer('job:a#1', new Promise((resolve) => (deliver = resolve)));
    const handle = last.handle();
    deliver(true);
    expect(await handle).toBe('job:a#1');
    last.onAnswer('job:b#1', Promise.resolve(false));
    expect(await last.handle()).toBe('job:a#1');
  });

  it('remembers what a call meant, of the newest hundred calls', () => {
    const last = createLast();
    for (let call = 0; call < 150; call++) last.means(String(call), { call });
    expect(last.means('0', {})).toEqual([]);
    expect(last.means('149', {})).toEqual([{ call: 149 }]);
  });
});

describe('a handle that cannot be used', () => {
  it.each<[what: string, handle: (id: string) => string, plan?: object]>([
    ['of a job that is not done', (id) => `job:${id}`, { queueMs: 36_000_000 }],
    ['of a job that failed', (id) => `job:${id}`, { outcome: 'failed', error: 'the prompt was refused' }],
    ['of an output that is not there', (id) => `job:${id}#2`],
    ['of no output', (id) => `job:${id}#0`],
    ['of an unknown job', () => 'job:00000000-0000-4000-8000-000000000000#1'],
    ['that is misspelt', (id) => `job:${id}#one`],
    ['with a path in it', () => 'job:../../v1/models#1'],
    ['that is too long', () => `job:${'a'.repeat(5_000)}`],
  ])('%s', async (_, handle, plan) => {
    const { client, sandbox } = await connect();
    if (plan) sandbox.engine.planNext(plan);
    await client.callTool(PAINT);
    const id = sandbox.engine.jobs[0]?.id ?? '';
    const result = await client.callTool(edit(handle(id)));
    expect(result.isError).toBe(true);
    expect(textOf(result).replaceAll(id, '<id>')).toMatchSnapshot();
    expect(sandbox.engine.jobs).toHaveLength(1);
  });

  it('as nothing was answered yet', async () => {
    const { client, sandbox } = await connect();
    expect(textOf(await client.callTool(edit('last')))).toMatchSnapshot();
    expect(sandbox.requests).toEqual([]);
  });

  it('as it names a job of another account', async () => {
    const { client, sandbox } = await connect();
    sandbox.inject({
      on: 'status',
      what: { status: 403, body: { error_code: 403001, error_message: 'forbidden' } },
    });
    expect(textOf(await client.callTool(edit('job:of-another')))).toMatchSnapshot();
    expect(sandbox.engine.jobs).toHaveLength(0);
  });

  it('as it names a video', async () => {
    const { client, sandbox } = await connect();
    const input = { prompt: 'a fox runs' };
    const made = await client.callTool({
      name: 'run_image_model',
      arguments: { model: 'alibaba/wan-2-6/text-to-video', input },
    });
    const id = idOf(made);
    const result = await client.callTool(edit(`job:${id}`));
    expect(textOf(result).replaceAll(id, '<id>')).toMatchSnapshot();
    expect(sandbox.engine.jobs).toHaveLength(1);
  });
});

describe('a public URL', () => {
  it.each([
    [404, false],
    [410, false],
    [403, true],
    [500, true],
    [302, true],
  ])('that answers %i is sent: %s', async (status, isSent) => {
    const { client, link, sent, killLink } = await withPicture();
    killLink(status);
    const result = await client.callTool(edit(link));
    expect(result.isError ?? false).toBe(!isSent);
    expect(sent()).toHaveLength(isSent ? 2 : 1);
    if (!isSent) expect(textOf(result).replace(/127.0.0.1:\d+/, 'host')).toMatchSnapshot();
  });
});

it('a model that takes one image in a field takes handles there', async () => {
  const { client, sandbox } = await connect();
  const handle = `job:${idOf(await client.callTool(PAINT))}#1`;
  const result = await client.callTool({
    name: 'run_image_model',
    arguments: { model: 'bria/rmbg-2/background-removal', input: { image_url: handle } },
  });
  expect(result.structuredContent).toMatchObject({ status: 'succeeded' });
  expect(JSON.stringify(sandbox.engine.jobs[1]?.input)).toContain(`${sandbox.origin}/outputs/`);
});
