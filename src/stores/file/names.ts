import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, LOCAL_TENANT } from '../../account.ts';
import { codeOf } from '../../errors.ts';

/** The folder of one account: its name is readable, safe on every platform, and no other account's. */
export const accountDir = (dataDir: string, account: Account): string =>
  dirOfDigest(dataDir, account.api, accountDigest(account));

/** The folder of the account on an API that has this digest. */
export function dirOfDigest(dataDir: string, api: string, digest: string): string {
  const host = URL.canParse(api) ? new URL(api).host : api;
  const readable = host.replace(/[^a-z0-9.]+/gi, '-').replace(/^[-.]+/, '');
  return join(dataDir, 'accounts', `${readable.slice(0, 60)}-${digest}`);
}

// In hexadecimal digits. Who can choose a tenant's name finds one with the same 8 digits as another's within minutes.
const TENANT_DIGITS = 32;

/** What tells an account from all others, in hexadecimal digits. */
export const accountDigest = ({ tenant, api }: Account): string =>
  hash(JSON.stringify([tenant, api]), tenant === LOCAL_TENANT ? undefined : TENANT_DIGITS);

const hash = (text: string, digits = 8): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits);

/**
 * A record is named `<id>.<revision>.json`, and an id is `<submit time>-<fingerprint>-<nonce>`, so that a list of names
 * is an index by time and by call.
 */
const NAME = /^(\d{8}T\d{9}Z-[0-9a-f]{16}-[0-9a-f]{8})\.(\d{1,15})\.json$/;

export const formatName = (id: string, revision: number): string => `${id}.${revision}.json`;

/** Undefined for a file that is not a record. */
export function parseName(name: string): { id: string; revision: number } | undefined {
  const [, id, revision] = NAME.exec(name) ?? [];
  return id === undefined ? undefined : { id, revision: Number(revision) };
}

/** A time (ISO 8601) as it stands in ids, where it sorts as text. */
export const timeInId = (time: string): string => new Date(time).toISOString().replace(/[-:.]/g, '');
export const fingerprintIn = (id: string): string => id.slice(20, 36);

/** The same for the same call, so that a repeated reservation finds itself. */
export const idOf = (submittedAt: string, fingerprint: string, call: string): string =>
  `${timeInId(submittedAt)}-${fingerprint}-${hash(call)}`;

/** A record's id and its revisions, highest first. */
export interface Listed {
  readonly id: string;
  readonly revisions: readonly number[];
}

/**
 * The names in a folder of records, which is read twice each time: while a record changes, one reading may meet neither
 * its new name nor the old one. Throws what the file system throws; an absent folder is empty.
 */
export function createLister(
  dir: string,
  read: (dir: string) => Promise<string[]> = (path) => readdir(path),
) {
  const names = shared(() =>
    read(dir).catch((error) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }),
  );
  const group = async (isWanted: (name: string) => boolean) => {
    const first = await names();
    return byRecord(new Set([...first.filter(isWanted), ...(await names()).filter(isWanted)]));
  };

  return {
    /** The revisions of a record, highest first. */
    revisionsOf: async (id: string): Promise<readonly number[]> =>
      (await group((name) => name.startsWith(id))).get(id) ?? [],

    /** All records, or those that are wanted by what begins with their id; newest first. */
    async list(isWanted: (id: string) => boolean = () => true): Promise<Listed[]> {
      const records = await group(isWanted);
      const ids = [...records.keys()].sort().reverse();
      return ids.map((id) => ({ id, revisions: records.get(id) ?? [] }));
    },
  };
}

/** Names by record, with their revisions, highest first. */
function byRecord(names: Iterable<string>): Map<string, number[]> {
  const records = new Map<string, number[]>();
  for (const name of names) {
    const parsed = parseName(name);
    if (!parsed) continue;
    const others = records.get(parsed.id);
    if (others) others.push(parsed.revision);
    else records.set(parsed.id, [parsed.revision]);
  }
  for (const revisions of records.values()) revisions.sort((a, b) => b - a);
  return records;
}

/**
 * Calls that come during a reading share the next one, which begins after all of them: a thousand jobs that change at
 * once cost a few readings. Each still sees what was there when it asked.
 */
function shared<Result>(read: () => Promise<Result>): () => Promise<Result> {
  let underWay: Promise<unknown> | undefined;
  let next: Promise<Result> | undefined;
  const start = () => {
    next = undefined;
    const reading = read();
    const over = () => {
      underWay = undefined;
    };
    underWay = reading.then(over, over);
    return reading;
  };
  return () => {
    if (!underWay) return start();
    next ??= underWay.then(start);
    return next;
  };
}
