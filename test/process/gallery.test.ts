import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { CALL } from '../support/calls.ts';
import { openGallery } from '../support/gallery.ts';
import { start } from '../support/process.ts';
import { connect, freshDataDir } from '../support/program.ts';

const HOURS = 3_600_000;

/** A job whose call was handed over, and a gallery over its records. */
async function withJob(given: Parameters<typeof connect>[0] = {}) {
  const connected = await connect({ waitSeconds: 0, ...given });
  connected.sandbox.engine.planNext({ queueMs: HOURS });
  await connected.client.callTool(CALL);
  const { url } = await openGallery(connected.config);
  return { ...connected, url };
}

const rows = async (url: string) => (await (await fetch(`${url}jobs`)).json()) as Record<string, unknown>[];

/** The status of a raw request: fetch sets the host and the origin by itself. */
function status(url: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  return new Promise<number | undefined>((resolve, reject) => {
    request(url, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe('the gallery', () => {
  it('opens by its secret only, on this host only', async () => {
    const { url } = await withJob();
    const { origin, host, port } = new URL(url);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}\/$/);
    expect(await status(url)).toBe(200);
    const wrong = [origin, `${origin}/`, `${origin}/jobs`, url.slice(0, -2), `${origin}/${'A'.repeat(43)}/`];
    for (const path of [...wrong, `${url}../jobs`, `${url}/jobs`]) expect(await status(path), path).toBe(404);
    for (const name of [`evil.example:${port}`, `localhost.evil.example`, '127.0.0.1', `0.0.0.0:${port}`])
      expect(await status(url, { headers: { host: name } }), name).toBe(404);
    expect(await status(url, { headers: { host } })).toBe(200);
  });

  it('lets its own page act, and no other', async () => {
    const connected = await withJob();
    const [row] = await rows(connected.url);
    const favourite = `${connected.url}jobs/${row?.id}/favourite`;
    const headers = { origin: new URL(connected.url).origin };
    expect(await status(favourite, { headers })).toBe(405);
    expect(await status(favourite, { method: 'PUT' })).toBe(403);
    expect(await status(favourite, { method: 'PUT', headers: { origin: 'null' } })).toBe(403);
    expect(await status(favourite, { method: 'PUT', headers: { origin: 'https://evil.example' } })).toBe(403);
    expect(await status(`${connected.url}jobs`, { method: 'DELETE', headers })).toBe(405);
    expect(await status(favourite, { method: 'PUT', headers })).toBe(204);
    expect(await rows(connected.url)).toMatchObject([{ favourite: true }]);
  });

  it('tells browsers to keep it apart from everything else', async () => {
    const { url } = await withJob();
    const { headers } = await fetch(url);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src 'self'; media-src 'self'; connect-src 'self'; /,
      ),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(headers.has('access-control-allow-origin')).toBe(false);
    expect(headers.has('set-cookie')).toBe(false);
  });

  it('does not fetch a picture that is not on a trusted host', async () => {
    const connected = await connect();
    const url = 'https://evil.example/a.png';
    connected.sandbox.engine.planNext({ output: { image: url } });
    await connected.client.callTool(CALL);
    const gallery = await openGallery(connected.config);
    const [row] = await rows(gallery.url);
    expect(row).toMatchObject({ outputs: [{ trusted: false }] });
    const answer = await fetch(`${gallery.url}pictures/${row?.id}/0`);
    expect([answer.status, await answer.json()]).toEqual([
      403,
      {
        error:
          'This picture is not on a RunComfy host, so it is not loaded here. Its link may still open in your browser.',
        reason: 'not trusted',
      },
    ]);
  });

  it('is a command that prints its address and runs until it is told to stop', async () => {
    const dataDir = freshDataDir();
    const { child, ended } = start(['gallery', '--data-dir', dataDir]);
    let printed = '';
    child.stdout.on('data', (text) => {
      printed += text;
    });
    await expect.poll(() => printed).toMatch(/http:\/\/127\.0\.0\.1:\d+\/\S+\/\n/);
    const [url = ''] = /http:\S+/.exec(printed) ?? [];
    expect(await rows(url)).toEqual([]);
    child.kill('SIGINT');
    await once(child, 'exit');
    expect(await ended).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(dataDir) });
  });

  it('shows what sandboxes left behind, and their pictures while they run', async () => {
    const connected = await connect({ sandbox: true });
    await connected.client.callTool(CALL);
    const elsewhere = {
      ...connected.config,
      baseUrl: 'https://model-api.runcomfy.net',
      key: undefined,
      sandbox: false,
    };
    expect(await rows((await openGallery(elsewhere)).url)).toEqual([]);
    const { url } = await openGallery({ ...elsewhere, sandbox: true });
    const [row] = await rows(url);
    expect(row).toMatchObject({ status: 'succeeded' });
    expect(await status(`${url}pictures/${row?.id}/0`)).toBe(200);
  });
});
