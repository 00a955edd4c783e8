import type { IncomingMessage } from 'node:http';
import { LOCAL_TENANT } from '../account.ts';
import { type Caller, SCOPES } from './tenant.ts';

/** Why a request may not be served, as HTTP says it. */
export interface Refusal {
  status: 401 | 403;
  /** The value of `WWW-Authenticate`. */
  challenge: string;
  message: string;
}

/** Tells who makes a request. */
export type Authenticate = (request: IncomingMessage) => Promise<Caller | Refusal>;

/** Everybody who reaches the server is the user who started it. */
export const authenticateNobody: Authenticate = async () => ({
  tenant: { id: LOCAL_TENANT, key: undefined, settings: {} },
  scopes: new Set(SCOPES),
});
