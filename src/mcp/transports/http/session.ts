import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { parseJson } from '../../../json.ts';
import type { KnownClient } from '../../channel.ts';

/** What a session id of a 2025 client says: nothing is stored, so that every replica and the next process can read it. */
export interface Session extends KnownClient {
  /** Names the session: of one client, and of one tenant. */
  nonce: string;
}

export type Sessions = ReturnType<typeof createSessions>;

// In characters.
const MAX_NAME = 64;
const MAX_ID = 1_024;

/** Signs session ids with the first of the keys, and reads those that any of them signed. */
export function createSessions(keys: readonly Buffer[]) {
  // The tenant is signed, but not told.
  const sign = (key: Buffer, tenant: string, payload: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify([tenant, payload]))
      .digest();

  return {
    /** A new id: visible ASCII, at most 1,024 characters. */
    create(tenant: string, { name, showsViews }: KnownClient): string {
      const nonce = randomBytes(12).toString('base64url');
      const json = JSON.stringify([nonce, name?.slice(0, MAX_NAME) ?? null, showsViews]);
      const payload = Buffer.from(json).toString('base64url');
      return `${payload}.${sign(keys[0] as Buffer, tenant, payload).toString('base64url')}`;
    },
    /** What an id says; undefined for one that was not signed here for this tenant. */
    read(id: unknown, tenant: string): Session | undefined {
      if (typeof id !== 'string' || id.length > MAX_ID) return undefined;
      const [payload = '', signature = ''] = id.split('.');
      const given = Buffer.from(signature, 'base64url');
      const isOurs = keys.some((key) => {
        const own = sign(key, tenant, payload);
        return own.length === given.length && timingSafeEqual(own, given);
      });
      if (!isOurs) return undefined;
      const [nonce, name, showsViews] = parseJson(Buffer.from(payload, 'base64url').toString()) as [
        string,
        string | null,
        boolean,
      ];
      return { nonce, name: name ?? undefined, showsViews };
    },
  };
}
