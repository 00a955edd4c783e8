import { objectOf } from '../../json.ts';
import { fetchJson } from './fetch-json.ts';

/** Where an issuer may publish its metadata, as RFC 8414 and OpenID Connect say, in the order in which MCP clients ask. */
function metadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    ...(path === '' ? [] : [`${origin}${path}/.well-known/openid-configuration`]),
  ];
}

/** The public keys of an issuer, as JSON. Rejects with why they cannot be had. */
export async function fetchKeys(issuer: string, signal: AbortSignal): Promise<unknown> {
  const problems: string[] = [];
  for (const url of metadataUrls(issuer)) {
    try {
      const metadata = objectOf(await fetchJson(url, signal));
      // Another issuer's keys would let its tokens in.
      if (metadata.issuer !== issuer) throw new Error(`${url} is of another issuer`);
      if (typeof metadata.jwks_uri !== 'string') throw new Error(`${url} names no jwks_uri`);
      return await fetchJson(metadata.jwks_uri, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      problems.push((error as Error).message);
    }
  }
  throw new Error(problems.join('; '));
}
