import type { IncomingMessage } from 'node:http';
import { LOCAL_TENANT } from '../account.ts';
import type { Clock } from '../clock.ts';
import { bearerOf, createRefusals, type Refusal, type Refusals } from './challenge.ts';
import { hashOf, type OpenDirectory } from './directory.ts';
import { type Caller, SCOPES, type Tenant } from './tenant.ts';

/** Tells who makes a request. */
export type Authenticate = (request: Pick<IncomingMessage, 'headers'>) => Promise<Caller | Refusal>;

/** Who may call a server, and how it says no. */
export interface Authentication {
  authenticate: Authenticate;
  refusals: Refusals;
  /** What everybody may read, by path. */
  documents: ReadonlyMap<string, unknown>;
  /** The tenant of a name, if there is one now. */
  named(name: string): Tenant | undefined;
  /** The names of all tenants now, but of those that are not named one by one. */
  names(): string[];
  /** Reads anew who may call. */
  reload(): Promise<void>;
}

const LOCAL: Tenant = { id: LOCAL_TENANT, key: undefined, settings: {} };

/** Everybody who reaches the server is the user who started it. */
export const NO_AUTHENTICATION: Authentication = {
  authenticate: async () => ({ tenant: LOCAL, scopes: new Set(SCOPES) }),
  refusals: createRefusals(),
  documents: new Map(),
  named: (name) => (name === LOCAL.id ? LOCAL : undefined),
  names: () => [LOCAL.id],
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
    ...namesIn(directory),
    reload: directory.reload,
  };
}

/** The tenants of a directory, as it stands when they are asked for. */
export const namesIn = (directory: OpenDirectory): Pick<Authentication, 'named' | 'names'> => ({
  named: (name) => directory.current().named(name),
  names: () => [...directory.current().tenants.keys()].filter((name) => directory.current().named(name)),
});
