import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import Provider from 'oidc-provider';
import { onTestFinished } from 'vitest';
import { testClock } from './program.ts';

/** Serves on a port of loopback until the test ends; the origin. */
export async function serveOnLoopback(listener: RequestListener, port = 0): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A key pair, with the public one as an issuer publishes it. */
export async function newKeys(kid = 'one') {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { publicKey, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
}

/** An authorization server that says what a test wants, and signs any token. */
export async function startIssuer(resource: string) {
  const keys = await newKeys();
  const state = {
    jwks: { keys: [keys.jwk] } as unknown,
    /** What is changed in the metadata. */
    metadata: {} as Record<string, unknown>,
    /** Answers in place of the issuer. */
    answer: undefined as ((path: string, response: ServerResponse) => void) | undefined,
    /** The paths that were asked for. */
    asked: [] as string[],
  };
  const origin = await serveOnLoopback(({ url = '' }, response) => {
    state.asked.push(url);
    if (state.answer) return state.answer(url, response);
    const metadata = { issuer: origin, jwks_uri: `${origin}/jwks`, ...state.metadata };
    if (url === '/jwks') response.end(JSON.stringify(state.jwks));
    else if (url === '/.well-known/openid-configuration') response.end(JSON.stringify(metadata));
    else response.writeHead(404).end();
  });
  const seconds = () => Math.floor(testClock().now() / 1000);
  const claims = (changed: Record<string, unknown> = {}) => ({
    ...{ iss: origin, aud: resource, sub: 'acme', iat: seconds(), exp: seconds() + 3_600 },
    scope: 'images:read images:generate',
    ...changed,
  });
  /** A token that is right but for what is changed in it; undefined leaves a claim out. */
  const sign = (
    changed: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
    key: unknown = keys.privateKey,
  ) =>
    new SignJWT(JSON.parse(JSON.stringify(claims(changed))))
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .sign(key as CryptoKey);
  return Object.assign(state, { origin, keys, claims, sign, seconds });
}

/** A real authorization server, which issues tokens for every resource but opaque ones for `…/opaque`. */
export async function startProvider(): Promise<{
  issuer: string;
  token: (form: Record<string, string>) => Promise<string>;
}> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const { privateKey } = await newKeys();
  const jwk = { ...(await exportJWK(privateKey)), kid: 'provider', alg: 'ES256', use: 'sig' };
  const client = {
    id_token_signed_response_alg: 'ES256',
    client_id: 'acme',
    client_secret: 'acme-secret',
    grant_types: ['client_credentials'],
  };
  const provider = new Provider(issuer, {
    clients: [{ ...client, redirect_uris: [], response_types: [] }],
    jwks: { keys: [jwk] },
    cookies: { keys: ['test'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, resource: string) => ({
          scope: 'images:read images:generate',
          audience: resource,
          accessTokenFormat: resource.endsWith('/opaque') ? 'opaque' : 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  await serveOnLoopback(provider.callback(), port);
  return {
    issuer,
    async token(form) {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa('acme:acme-secret')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
      });
      const { access_token } = (await response.json()) as { access_token: string };
      return access_token;
    },
  };
}
