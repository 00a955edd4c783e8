import type { IncomingMessage } from 'node:http';
import { LOCAL_TENANT } from '../account.ts';
import type { Clock } from '../clock.ts';
import { bearerOf, createRefusals, type Refusal, type Refusals } from './challenge.ts';
import { hashOf, type OpenDirectory } from './directory.ts';
import { type Caller, SCOPES } from './tenant.ts';

/** Tells who makes a request. */
export type Authenticate = (request: Pick<IncomingMessage, 'headers'>) => Promise<Caller | Refusal>;

/** Who may call a server, and how it says no. */
export interface Authentication {
  authenticate: Authenticate;
  refusals: Refusals;
  /** What everybody may read, by path. */
  documents: ReadonlyMap<string, unknown>;
  /** Reads anew who may call. */
  reload(): Promise<void>;
}

/** Everybody who reaches the server is the user who started it. */
export const NO_AUTHENTICATION: Authentication = {
  authenticate: async () => ({
    tenant: { id: LOCAL_TENANT, key: undefined, settings: {} },
    scopes: new Set(SCOPES),
  }),
  refusals: createRefusals(),
  documents: new Map(),
  reload: async () => {},
};

/** Callers with a token whose hash stands in the tenants' file; `isKey` knows the keys of RunComfy, which are none. */
export function createTokenAuthentication(options: {
  directory: OpenDirectory;
  clock: Clock;
  isKey: (token: string) => boolean;
}): Authentication {
  const { directory, clock, isKey } = options;
  const refusals = createRefusals();
  return {
    async authenticate({ headers }) {
      const token = bearerOf(headers.authorization);
      if (token === undefined) return refusals.noToken();
      // A look-up by hash tells nothing of the tokens by the time that it takes.
      const found = directory.current().tokens.get(hashOf(token));
      if (!found || found.expires <= clock.now() || isKey(token)) return refusals.invalidToken();
      return { tenant: found.tenant, scopes: found.scopes };
    },
    refusals,
    documents: new Map(),
    reload: directory.reload,
  };
}
