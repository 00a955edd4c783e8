import { SCOPES } from './tenant.ts';

/** Why a request may not be served, as HTTP says it. */
export interface Refusal {
  status: 401 | 403 | 503;
  message: string;
  /** The value of `WWW-Authenticate`. */
  challenge?: string;
}

/** Makes what refuses callers; `metadata` is the URL of the document that names the authorization server. */
export function createRefusals(metadata?: string) {
  // Clients ask for exactly the scopes that they are told of.
  const challenge = (error?: string) => {
    const parameters = { error, scope: SCOPES.join(' '), resource_metadata: metadata };
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
    return `Bearer ${given.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
  };

  return {
    noToken: (): Refusal => ({
      status: 401,
      message: 'send Authorization: Bearer with a token of this server',
      challenge: challenge(),
    }),
    invalidToken: (): Refusal => ({
      status: 401,
      message: 'the token is unknown, expired or revoked',
      challenge: challenge('invalid_token'),
    }),
    unknownTenant: (): Refusal => ({
      status: 403,
      message: 'this server does not serve you: ask its operator',
    }),
    insufficientScope: (scope: string): Refusal => ({
      status: 403,
      message: `the token lacks the scope ${scope}`,
      challenge: challenge('insufficient_scope'),
    }),
    notNow: (): Refusal => ({
      status: 503,
      message: 'the authorization server does not answer, so no token can be checked: try again in a minute',
    }),
  };
}

export type Refusals = ReturnType<typeof createRefusals>;

/** The token in an Authorization header. */
export const bearerOf = (header = ''): string | undefined => /^Bearer +([\w.~+/=-]+) *$/i.exec(header)?.[1];
