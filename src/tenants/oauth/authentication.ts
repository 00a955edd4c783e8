import type { JWTPayload } from 'jose';
import type { Clock } from '../../clock.ts';
import { codeOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { type Authentication, namesIn } from '../authenticate.ts';
import { bearerOf, createRefusals } from '../challenge.ts';
import type { OpenDirectory } from '../directory.ts';
import { SCOPES, type Scope } from '../tenant.ts';
import { createKeySource, IssuerUnavailable } from './keys.ts';

// Symmetric ones are out: whoever knows the issuer's public key could sign with it.
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
// In seconds, by which clocks may differ.
const TOLERANCE = 30;
const METADATA_PATH = '/.well-known/oauth-protected-resource';

export interface OAuthOptions {
  issuer: string;
  /** The URL of the MCP endpoint: the audience of its tokens (RFC 8707). */
  resource: string;
  /** The claim that names the tenant. */
  tenantClaim: string;
  directory: OpenDirectory;
  clock: Clock;
  log: Log;
}

/** Callers with an access token of an authorization server, a JWT that was issued for this server. */
export async function createOAuthAuthentication(options: OAuthOptions): Promise<Authentication> {
  const { issuer, resource, tenantClaim, directory, clock, log } = options;
  const { createLocalJWKSet, jwtVerify } = await import('./jose.ts');
  const keys = createKeySource({ issuer, createSet: createLocalJWKSet, clock, log });
  const { origin, pathname } = new URL(resource);
  // RFC 9728: in front of the path of the resource; some clients ask without it.
  const path = METADATA_PATH + pathname.replace(/\/$/, '');
  const refusals = createRefusals(origin + path);
  const metadata = {
    resource,
    resource_name: 'RunComfy images',
    authorization_servers: [issuer],
    scopes_supported: SCOPES,
    bearer_methods_supported: ['header'],
  };

  return {
    async authenticate({ headers }) {
      const token = bearerOf(headers.authorization);
      if (token === undefined) return refusals.noToken();
      let payload: JWTPayload;
      try {
        const verified = await jwtVerify(token, keys, {
          ...{ issuer, audience: resource, algorithms: ALGORITHMS },
          requiredClaims: ['exp'],
          clockTolerance: TOLERANCE,
          currentDate: new Date(clock.now()),
        });
        payload = verified.payload;
      } catch (error) {
        if (error instanceof IssuerUnavailable) return refusals.notNow();
        // What the message quotes may come from the token.
        const { claim = '' } = error as { claim?: string };
        log.info(`a token is refused: ${codeOf(error)} ${claim}`.trimEnd());
        return refusals.invalidToken();
      }
      const name = payload[tenantClaim];
      const tenant = typeof name === 'string' ? directory.current().named(name) : undefined;
      if (!tenant) {
        log.info(`no tenant is called ${JSON.stringify(name)?.slice(0, 80)}`);
        return refusals.unknownTenant();
      }
      return { tenant, scopes: scopesOf(payload) };
    },
    refusals,
    documents: new Map([METADATA_PATH, path].map((at) => [at, metadata])),
    ...namesIn(directory),
    reload: directory.reload,
  };
}

/** The scopes of a token, as RFC 9068 and Microsoft's servers write them. */
function scopesOf({ scope, scp }: JWTPayload): Set<Scope> {
  const given = [scope, scp].flat().flatMap((text) => (typeof text === 'string' ? text.split(' ') : []));
  return new Set(SCOPES.filter((one) => given.includes(one)));
}
