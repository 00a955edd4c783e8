import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BODY_LIMITS } from '../../src/mcp/transports/http/body.ts';
import { CALL } from '../support/calls.ts';
import { eventually, KEY, testClock, textOf } from '../support/program.ts';
import { askRaw, rawHttp } from '../support/raw-connection.ts';
import { CLIENTS, connectHttp, serve } from '../support/service.ts';
import { callOf, newToken, post, sha256, TENANT_KEY, tenantsFile } from '../support/tenants.ts';

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const MCP = [
  'Host: localhost',
  'Content-Type: application/json',
  'Accept: application/json, text/event-stream',
];
const READ = ['images:read'] as const;

/** A server for one tenant with these tokens. */
async function serveTokens(...entries: unknown[]) {
  const tenants = tenantsFile({ acme: { runcomfy_key: TENANT_KEY, tokens: entries } });
  const served = await serve({ http: { auth: { mode: 'tokens', file: tenants.file } } });
  return { ...served, tenants };
}

const submits = ({ sandbox }: Pick<Awaited<ReturnType<typeof serve>>, 'sandbox'>) =>
  sandbox.requests.filter(({ route }) => route === 'submit');

describe('a bearer token', () => {
  it.each(CLIENTS)('of the file lets a client make a picture: %s', async (kind) => {
    const { token, entry } = newToken();
    const served = await serveTokens(entry);
    const client = await connectHttp(served.url, kind, { token });
    expect(textOf(await client.callTool(CALL))).toMatch(/^1 image/);
    expect(submits(served)).toHaveLength(1);
  });

  it('is asked for', async () => {
    const { token, entry } = newToken();
    const { url } = await serveTokens(entry);
    const answer = async (headers: Record<string, string>) => {
      const { status, headers: given } = await post(url, LIST, undefined, headers);
      return [status, given.get('www-authenticate')];
    };
    const none = [401, 'Bearer scope="images:read images:generate"'];
    expect(await answer({})).toEqual(none);
    expect(await answer({ authorization: '' })).toEqual(none);
    expect(await answer({ authorization: `Basic ${token}` })).toEqual(none);
    expect(await answer({ authorization: token })).toEqual(none);
    expect(await answer({ authorization: `Bearer ${token} ${token}` })).toEqual(none);
    expect((await post(`${url}?access_token=${token}`, LIST)).status).toBe(401);
    const invalid = [401, 'Bearer error="invalid_token", scope="images:read images:generate"'];
    expect(await answer({ authorization: 'Bearer rubbish' })).toEqual(invalid);
    expect(await answer({ authorization: `Bearer ${entry.sha256}` })).toEqual(invalid);
    expect(await answer({ authorization: `Bearer ${KEY}` })).toEqual(invalid);
    expect(await answer({ authorization: `bearer ${token}` })).toEqual([200, null]);
  });

  it.each(['GET', 'DELETE', 'PUT'])('is asked for by %s too', async (method) => {
    const { url } = await serveTokens();
    expect((await fetch(url, { method })).status).toBe(401);
  });

  it('comes once: a proxy in front may have checked another one', async () => {
    const { token, entry } = newToken();
    const { url } = await serveTokens(entry);
    const ask = (...tokens: string[]) =>
      askRaw(
        url,
        'POST /mcp',
        [...MCP, ...tokens.map((one) => `Authorization: Bearer ${one}`)],
        JSON.stringify(LIST),
      );
    expect(await ask(token)).toMatchObject({ status: 200 });
    for (const both of [
      [token, token],
      [token, 'rubbish'],
      ['rubbish', token],
    ])
      expect(await ask(...both)).toMatchObject({ status: 400 });
  });

  it.each(['none', 'rubbish', 'an expired one'])(
    'decides before a byte of the body is read: %s',
    async (which) => {
      const expired = newToken(READ, { expires: '2020-01-01' });
      const { url } = await serveTokens(expired.entry);
      const tokens = { rubbish: 'rubbish', 'an expired one': expired.token };
      const authorization =
        which === 'none' ? [] : [`Authorization: Bearer ${tokens[which as keyof typeof tokens]}`];
      const head = ['POST /mcp HTTP/1.1', ...MCP, ...authorization];
      for (const length of ['Content-Length: 16000000', 'Transfer-Encoding: chunked']) {
        const stranger = await rawHttp(url);
        // Whoever waited for the body would wait for ever.
        stranger.send([...head, length, 'Expect: 100-continue', '', ''].join('\r\n'));
        await eventually(stranger.received).toMatch(/^HTTP\/1\.1 401 /);
      }
      // Nor is its length judged.
      const stranger = await rawHttp(url);
      const length = `Content-Length: ${4 * BODY_LIMITS.maxBytes}`;
      stranger.send([...head, length, '', 'x'.repeat(100_000)].join('\r\n'));
      await eventually(stranger.received).toMatch(/^HTTP\/1\.1 401 /);
    },
  );

  it('that turns out to be a key of RunComfy lets nothing in', async () => {
    const { token, entry } = newToken();
    const tenants = tenantsFile({});
    const keyFile = join(tenants.dir, 'acme.key');
    writeFileSync(keyFile, KEY);
    tenants.change({ acme: { runcomfy_key: { file: keyFile }, tokens: [entry] } });
    const { url } = await serve({ http: { auth: { mode: 'tokens', file: tenants.file } } });
    expect((await post(url, callOf('get_balance'), token)).status).toBe(200);
    writeFileSync(keyFile, token);
    // This call sends it to RunComfy: from then on it is known as a key.
    await post(url, callOf('get_balance'), token);
    expect((await post(url, callOf('get_balance'), token)).status).toBe(401);
  });

  it('ends at its time', async () => {
    const expires = new Date(testClock().now() + 60_000).toISOString();
    const { token, entry } = newToken(READ, { expires });
    const { url } = await serveTokens(entry);
    expect((await post(url, LIST, token)).status).toBe(200);
    testClock().advance(60_000);
    expect((await post(url, LIST, token)).status).toBe(401);
  });

  it('that is revoked while the body comes lets nothing in', async () => {
    const { token, entry } = newToken();
    const served = await serveTokens(entry);
    const body = JSON.stringify(callOf(CALL.name, CALL.arguments));
    const status = await new Promise((resolve, reject) => {
      const slow = request(served.url, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      });
      slow.on('response', ({ statusCode }) => resolve(statusCode)).on('error', reject);
      slow.write(body.slice(0, 10), async () => {
        served.tenants.change({});
        await served.reload();
        slow.end(body.slice(10));
      });
    });
    expect(status).toBe(401);
    expect(submits(served)).toHaveLength(0);
  });

  it('is in no log', async () => {
    const { token, entry } = newToken();
    const { url, log } = await serveTokens(entry);
    await post(url, { ...LIST, method: token }, token);
    await post(url, callOf(token), token);
    expect(log.join()).not.toContain(token);
  });

  it('that may only read gets everything that is free, and is told the scope of all else', async () => {
    const { token, entry } = newToken(READ);
    const served = await serveTokens(entry);
    const client = await connectHttp(served.url, 'SDK 2.x, 2025', { token });
    const { tools } = await client.listTools();
    const paid = tools.filter(({ annotations }) => !annotations?.readOnlyHint).map(({ name }) => name);
    expect(paid).toEqual(
      expect.arrayContaining([CALL.name, 'run_image_model', 'make_images', 'cancel_image_job']),
    );
    for (const name of paid)
      for (const body of [callOf(name), [LIST, callOf(name, {}, 2)], callOf(name, {}, null)]) {
        const refused = await post(served.url, body, token);
        expect(refused.status, name).toBe(403);
        expect(refused.headers.get('www-authenticate')).toBe(
          'Bearer error="insufficient_scope", scope="images:read images:generate"',
        );
        expect(refused.text).toContain('the token lacks the scope images:generate');
      }
    expect(textOf(await client.callTool({ name: 'list_image_jobs', arguments: {} }))).toContain('No');
    expect(submits(served)).toHaveLength(0);
  });

  it('may approve costs only with the scope for what costs', async () => {
    const { token, entry } = newToken(READ);
    const tenants = tenantsFile({
      acme: { runcomfy_key: TENANT_KEY, tokens: [entry], confirm_above_usd: 0 },
    });
    const { url } = await serve({ http: { auth: { mode: 'tokens', file: tenants.file } } });
    expect((await post(url, callOf('approve_cost'), token)).status).toBe(403);
  });
});

describe('the tenants file at the start', () => {
  it.each([
    ['is not there', (file: string) => file.replace('tenants.json', 'none.json'), 'cannot be read (ENOENT)'],
    ['is a folder', (file: string) => file.replace('/tenants.json', ''), 'cannot be read (EISDIR)'],
  ])('%s', async (_, path, why) => {
    const { file } = tenantsFile({});
    await expect(serve({ http: { auth: { mode: 'tokens', file: path(file) } } })).rejects.toThrow(why);
  });

  it('has a token that is a key of RunComfy', async () => {
    const entry = { ...newToken().entry, sha256: sha256(KEY) };
    await expect(serveTokens(entry)).rejects.toThrow(
      'tenants.acme.runcomfy_key: is a bearer token too; make one with token new',
    );
  });
});

describe('a tenants file that is read anew', () => {
  it('ends a revoked token at once; calls under way go on', async () => {
    const [old, fresh] = [newToken(), newToken()];
    const served = await serveTokens(old.entry);
    const client = await connectHttp(served.url, 'SDK 2.x, 2025', { token: old.token });
    served.sandbox.engine.planNext({ runMs: 60_000 });
    const call = client.callTool(CALL);
    await eventually(() => submits(served)).toHaveLength(1);
    served.tenants.change({ acme: { runcomfy_key: TENANT_KEY, tokens: [fresh.entry] } });
    await served.reload();
    expect((await post(served.url, LIST, old.token)).status).toBe(401);
    expect((await post(served.url, LIST, fresh.token)).status).toBe(200);
    expect(textOf(await call)).toMatch(/^1 image/);
    expect(served.log.join('')).toContain('read the tenants anew: 1 tenants, 1 tokens');
  });

  it('that is broken changes nothing, and the log says so', async () => {
    const { token, entry } = newToken();
    const { url, tenants, reload, log } = await serveTokens(entry);
    tenants.write('{"tenants": {"acme": {"tokens": [');
    await reload();
    expect((await post(url, LIST, token)).status).toBe(200);
    expect(log.join('')).toContain(
      `the tenants stay as they were: ${tenants.file} cannot be used: it is not`,
    );
  });

  it('has the newest of two that are read at the same time', async () => {
    const [first, second] = [newToken(), newToken()];
    const { url, tenants, reload } = await serveTokens();
    tenants.change({ acme: { runcomfy_key: TENANT_KEY, tokens: [first.entry] } });
    const loading = reload();
    tenants.change({ acme: { runcomfy_key: TENANT_KEY, tokens: [second.entry] } });
    await Promise.all([loading, reload()]);
    expect((await post(url, LIST, second.token)).status).toBe(200);
    expect((await post(url, LIST, first.token)).status).toBe(401);
  });

  it('gives a tenant its new limits', async () => {
    const { token, entry } = newToken();
    const { url, tenants, reload } = await serveTokens(entry);
    const client = await connectHttp(url, 'SDK 2.x, 2025', { token });
    expect(textOf(await client.callTool(CALL))).toMatch(/^1 image/);
    const limited = { runcomfy_key: TENANT_KEY, tokens: [entry], max_jobs_per_hour: 1 };
    tenants.change({ acme: limited });
    await reload();
    expect(textOf(await client.callTool(CALL))).toContain('[spend_limit]');
  });
});
