import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { ClientCredentialsProvider } from '@modelcontextprotocol/client';
import { exportSPKI, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { CALL } from '../support/calls.ts';
import { freePort, newKeys, startIssuer, startProvider } from '../support/issuer.ts';
import { KEY, testClock, textOf } from '../support/program.ts';
import { connectHttp, serve } from '../support/service.ts';
import { callOf, newToken, post, TENANT_KEY, tenantsFile } from '../support/tenants.ts';

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const RESOURCE = 'https://images.example.com/mcp';
const METADATA = '/.well-known/oauth-protected-resource';
const MINUTE = 60_000;

/** A server for tenants of an authorization server. */
function serveOAuth(
  issuer: string,
  {
    tenants = { acme: { runcomfy_key: TENANT_KEY } },
    port = 0,
    resource = RESOURCE,
    clock = testClock() as Clock,
  } = {},
) {
  const { file } = tenantsFile(tenants);
  const auth = { mode: 'oauth', issuer, resource, tenantClaim: 'sub', file } as const;
  return serve({ clock, http: { auth, listen: { host: '127.0.0.1', port } } });
}

async function withIssuer(
  options: { tenants?: Record<string, { runcomfy_key: unknown }>; clock?: Clock } = {},
) {
  const issuer = await startIssuer(RESOURCE);
  const served = await serveOAuth(issuer.origin, options as object);
  const status = async (token: string, body: unknown = LIST) => (await post(served.url, body, token)).status;
  return { ...served, issuer, status };
}

describe('with a real authorization server', () => {
  async function withProvider() {
    const [provider, port] = [await startProvider(), await freePort()];
    const resource = `http://127.0.0.1:${port}/mcp`;
    return { provider, resource, ...(await serveOAuth(provider.issuer, { port, resource })) };
  }

  it.each(['SDK 2.x, 2025', 'SDK 2.x, 2026-07-28'] as const)(
    'a client finds it, gets a token and makes a picture: %s',
    async (kind) => {
      const { provider, url, sandbox } = await withProvider();
      const authProvider = new ClientCredentialsProvider({
        clientId: 'acme',
        clientSecret: 'acme-secret',
        expectedIssuer: provider.issuer,
      });
      const client = await connectHttp(url, kind, { authProvider });
      expect(textOf(await client.callTool(CALL))).toMatch(/^1 image/);
      expect(sandbox.requests.filter(({ route }) => route === 'submit')).toHaveLength(1);
    },
  );

  it('only tokens that it issued for this server are taken', async () => {
    const { provider, url, resource } = await withProvider();
    const document = `${new URL(url).origin}${METADATA}/mcp`;
    const scope = 'images:read images:generate';
    const ask = (token?: string, body: unknown = callOf(CALL.name, CALL.arguments)) => post(url, body, token);
    const wrong = [
      undefined,
      'rubbish',
      KEY,
      newToken().token,
      await provider.token({ resource: `${new URL(url).origin}/other`, scope }),
      await provider.token({ resource: `${new URL(url).origin}/opaque`, scope }),
    ];
    expect(new Set(wrong).size).toBe(wrong.length);
    for (const token of wrong) {
      const { status, headers } = await ask(token);
      expect([status, headers.get('www-authenticate')]).toEqual([
        401,
        `Bearer ${token === undefined ? '' : 'error="invalid_token", '}scope="${scope}", resource_metadata="${document}"`,
      ]);
    }
    const reads = await provider.token({ resource, scope: 'images:read' });
    expect((await ask(reads, LIST)).status).toBe(200);
    const refused = await ask(reads);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      `Bearer error="insufficient_scope", scope="${scope}", resource_metadata="${document}"`,
    ]);
    expect((await ask(await provider.token({ resource, scope }))).status).toBe(200);
    expect(await (await fetch(document)).json()).toEqual({
      resource,
      resource_name: 'RunComfy images',
      authorization_servers: [provider.issuer],
      scopes_supported: ['images:read', 'images:generate'],
      bearer_methods_supported: ['header'],
    });
  });
});

it('the metadata are for everybody, with the path of the resource and without', async () => {
  const { url } = await serveOAuth('https://login.example.com');
  for (const path of [METADATA, `${METADATA}/mcp`]) {
    const headers = { origin: 'https://elsewhere.example.com' };
    const response = await fetch(new URL(path, url), { headers });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toMatchObject({ resource: RESOURCE });
    expect((await fetch(new URL(path, url), { method: 'OPTIONS', headers })).ok).toBe(true);
  }
  expect((await fetch(new URL(`${METADATA}/other`, url))).status).toBe(404);
});

describe('an access token', () => {
  type Issuer = Awaited<ReturnType<typeof startIssuer>>;

  it.each<[string, (issuer: Issuer) => Promise<string> | string]>([
    ['no signature', ({ claims }) => new UnsecuredJWT(claims()).encode()],
    ['a signature cut off', async ({ sign }) => (await sign()).replace(/[^.]+$/, '')],
    [
      'the public key as a shared secret',
      async ({ claims, keys }) =>
        new SignJWT(claims())
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .sign(Buffer.from(await exportSPKI(keys.publicKey))),
    ],
    ['another key under the same id', async ({ sign }) => sign({}, {}, (await newKeys()).privateKey)],
    [
      'a key of its own in the header',
      async ({ sign }) => {
        const own = await newKeys('own');
        return sign({}, { kid: 'own', jwk: own.jwk }, own.privateKey);
      },
    ],
    ['an expiry that has passed', ({ sign, seconds }) => sign({ exp: seconds() - 31 })],
    ['no expiry', ({ sign }) => sign({ exp: undefined })],
    ['a beginning in the future', ({ sign, seconds }) => sign({ nbf: seconds() + 31 })],
    ['another issuer', ({ sign }) => sign({ iss: 'https://elsewhere.example.com' })],
    ['no issuer', ({ sign }) => sign({ iss: undefined })],
    ['another audience', ({ sign }) => sign({ aud: 'https://images.example.com/other' })],
    ['no audience', ({ sign }) => sign({ aud: undefined })],
    ['claims that must be understood', ({ sign }) => sign({}, { crit: ['x'], x: 1 }).catch(() => 'a.b.c')],
    ['another key id', ({ sign }) => sign({}, { kid: 'two' })],
  ])('with %s is refused', async (_, make) => {
    const { issuer, url } = await withIssuer();
    const { status, headers } = await post(url, LIST, await make(issuer));
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('with an algorithm for shared secrets, or none, is not worth asking the issuer', async () => {
    const { issuer, status } = await withIssuer();
    const header = { alg: 'HS256', kid: 'one' };
    const shared = new SignJWT(issuer.claims()).setProtectedHeader(header).sign(Buffer.alloc(32));
    for (const token of [await shared, new UnsecuredJWT(issuer.claims()).encode()])
      expect(await status(token)).toBe(401);
    expect(issuer.asked).toEqual([]);
  });

  it('holds until its time, and half a minute for clocks that differ', async () => {
    const { issuer, status } = await withIssuer();
    const token = await issuer.sign({ exp: issuer.seconds() + 60 });
    expect(await status(token)).toBe(200);
    testClock().advance(89_000);
    expect(await status(token)).toBe(200);
    testClock().advance(2_000);
    expect(await status(token)).toBe(401);
  });

  it('names the tenant; one that the file does not know may not call', async () => {
    const { issuer, status } = await withIssuer();
    for (const sub of ['globex', 'local', '*', '', undefined, '__proto__'])
      expect(await status(await issuer.sign({ sub })), sub).toBe(403);
    expect(await status(await issuer.sign({ aud: ['https://other.example.com', RESOURCE] }))).toBe(200);
  });

  it('of anybody may call where the file says so, each for themselves', async () => {
    const { issuer, url } = await withIssuer({ tenants: { '*': { runcomfy_key: TENANT_KEY } } });
    const jobsOf = async (sub: string) => {
      const client = await connectHttp(url, 'SDK 2.x, 2025', { token: await issuer.sign({ sub }) });
      if (sub === 'ann') await client.callTool(CALL);
      return textOf(await client.callTool({ name: 'list_image_jobs', arguments: {} }));
    };
    expect(await jobsOf('ann')).toContain('openai/gpt-image-2');
    expect(await jobsOf('bob')).not.toContain('openai/gpt-image-2');
  });

  it.each([
    ['scope', { scope: 'openid images:generate' }, 200],
    ['scp, as a text', { scope: undefined, scp: 'images:generate' }, 200],
    ['scp, as a list', { scope: undefined, scp: ['images:generate'] }, 200],
    ['a scope for reading', { scope: 'images:read' }, 403],
    ['scopes of others', { scope: 'images:generated xximages:generate' }, 403],
    ['no scope', { scope: undefined }, 403],
  ])('may do what its scopes say: %s', async (_, claims, expected) => {
    const { issuer, status } = await withIssuer();
    expect(await status(await issuer.sign(claims), callOf(CALL.name, CALL.arguments))).toBe(expected);
  });

  it('without any of the scopes lists nothing either', async () => {
    const { issuer, status } = await withIssuer();
    expect(await status(await issuer.sign({ scope: 'openid' }))).toBe(403);
  });

  it('is in no log', async () => {
    const { issuer, status, log } = await withIssuer();
    const token = await issuer.sign({ sub: 'globex' });
    expect(await status(token)).toBe(403);
    expect(await status(`${token}x`)).toBe(401);
    for (const part of token.split('.')) expect(log.join('')).not.toContain(part);
  });
});

describe('the keys of an issuer', () => {
  const jwksReads = ({ asked }: { asked: string[] }) => asked.filter((path) => path === '/jwks').length;

  it('are read once for many calls', async () => {
    const { issuer, status } = await withIssuer();
    const token = await issuer.sign();
    const all = await Promise.all(Array.from({ length: 20 }, () => status(token)));
    expect(new Set(all)).toEqual(new Set([200]));
    expect(jwksReads(issuer)).toBe(1);
  });

  it('are not read for every token with an unknown key', async () => {
    let now = Date.now();
    // It stands still: the other one goes on to when the service looks after jobs.
    const sleep: Clock['sleep'] = (_, signal) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const { issuer, status } = await withIssuer({ clock: { now: () => now, sleep } });
    expect(await status(await issuer.sign())).toBe(200);
    const { privateKey } = await newKeys();
    for (let tries = 0; tries < 50; tries++)
      expect(await status(await issuer.sign({}, { kid: `made-up-${tries}` }, privateKey))).toBe(401);
    expect(jwksReads(issuer)).toBe(1);
    now += 10_000;
    await status(await issuer.sign({}, { kid: 'made-up' }, privateKey));
    await status(await issuer.sign({}, { kid: 'made-up' }, privateKey));
    expect(jwksReads(issuer)).toBe(2);
  });

  it('may change: a new one counts within seconds, an old one no longer than ten minutes', async () => {
    const { issuer, status } = await withIssuer();
    const old = await issuer.sign();
    expect(await status(old)).toBe(200);
    const two = await newKeys('two');
    issuer.jwks = { keys: [two.jwk] };
    testClock().advance(10_000);
    expect(await status(await issuer.sign({}, { kid: 'two' }, two.privateKey))).toBe(200);
    issuer.jwks = { keys: [issuer.keys.jwk] };
    testClock().advance(10 * MINUTE + 1);
    expect(await status(await issuer.sign({}, { kid: 'two' }, two.privateKey))).toBe(401);
  });

  const failing: [string, (path: string, response: ServerResponse) => void][] = [
    ['answers with an error', (_, response) => void response.writeHead(500).end('{}')],
    ['never answers', () => {}],
    ['never ends its answer', (_, response) => void response.write('{"keys": [')],
    ['answers without an end', (_, response) => endless(response)],
    ['answers with what is not JSON', (_, response) => void response.end('<html>')],
    ['answers with null', (_, response) => void response.end('null')],
    ['resets the connection', (_, response) => void response.destroy()],
  ];
  /** Sends blanks until the other side has had enough. */
  const endless = (response: ServerResponse) =>
    void Readable.from(
      (function* () {
        for (;;) yield ' '.repeat(65_536);
      })(),
    ).pipe(response);

  it.each(failing)('that %s are no reason to call a token wrong, and asked for again', async (_, answer) => {
    const { issuer, url, status } = await withIssuer();
    const token = await issuer.sign();
    for (const where of ['metadata', 'jwks']) {
      const own = issuer.answer;
      issuer.answer = (path, response) => {
        if (where === 'metadata' || path === '/jwks') return answer(path, response);
        response.end(JSON.stringify({ issuer: issuer.origin, jwks_uri: `${issuer.origin}/jwks` }));
      };
      const response = await post(url, LIST, token);
      expect([response.status, response.headers.get('retry-after')], where).toEqual([503, '60']);
      issuer.answer = own;
      testClock().advance(10_000);
    }
    expect(await status(token)).toBe(200);
  });

  it('come from this issuer alone, over https, by no redirect', async () => {
    const { issuer, status } = await withIssuer();
    const other = await startIssuer(RESOURCE);
    issuer.jwks = { keys: [] };
    const token = await issuer.sign({}, {}, other.keys.privateKey);
    for (const metadata of [
      { issuer: other.origin, jwks_uri: `${other.origin}/jwks` },
      { jwks_uri: 'http://issuer.example.com/jwks' },
      { jwks_uri: 'file:///etc/passwd' },
      { jwks_uri: 7 },
      { issuer: undefined },
    ]) {
      issuer.metadata = metadata;
      expect(await status(token)).toBe(503);
      testClock().advance(10_000);
    }
    issuer.metadata = {};
    issuer.answer = (path, response) => void response.writeHead(302, { location: other.origin + path }).end();
    expect(await status(token)).toBe(503);
    expect(other.asked).toEqual([]);
  });

  it('that cannot be read anew are used for an hour, and for no token with another key', async () => {
    const { issuer, status } = await withIssuer();
    const token = await issuer.sign({ exp: issuer.seconds() + 7_200 });
    expect(await status(token)).toBe(200);
    issuer.answer = (_, response) => void response.writeHead(500).end();
    testClock().advance(59 * MINUTE);
    expect(await status(token)).toBe(200);
    expect(await status(await issuer.sign({}, { kid: 'two' }))).toBe(503);
    testClock().advance(2 * MINUTE);
    expect(await status(token)).toBe(503);
    issuer.answer = undefined;
    testClock().advance(10_000);
    expect(await status(token)).toBe(200);
  });
});
