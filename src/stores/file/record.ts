import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { Account } from '../../account.ts';
import { JOB_STATES, type Job } from '../../jobs/job.ts';
import type { Lease, StoredJob } from '../../jobs/store.ts';
import { parseJson } from '../../json.ts';
import type { Log } from '../../log.ts';
import { readText } from './disk.ts';
import { fingerprintIn, formatName, type Listed } from './names.ts';

/** What a revision of a record holds. */
export interface Content {
  readonly job: Job;
  readonly lease?: Lease;
  /** The last write of each writer that led to it: by them one knows whether a later revision is built on its own. */
  readonly writes: Readonly<Record<string, number>>;
}

const VERSION = 2;
const record = z.object({
  version: z.literal(VERSION),
  tenant: z.string(),
  api: z.string(),
  lease: z.object({ holder: z.string(), call: z.string() }).optional(),
  writes: z.record(z.string(), z.number()),
  job: z.looseObject({
    model: z.string(),
    input: z.record(z.string(), z.unknown()),
    state: z.enum(JOB_STATES),
    submitted_at: z.iso.datetime(),
  }),
});

/** Why a record cannot be used; a `newer` version of this program wrote it, or it is another account's. */
export type Unusable = 'newer' | 'corrupt' | 'foreign';

/** What stands in a record's text. */
export function parseRecord(text: string, { tenant, api }: Account): Content | Unusable {
  const json = parseJson(text);
  const { success, data } = record.safeParse(json);
  if (!success)
    return Number((json as { version?: unknown } | null)?.version) > VERSION ? 'newer' : 'corrupt';
  if (data.tenant !== tenant || data.api !== api) return 'foreign';
  const { job, lease, writes } = data;
  return { job: job as unknown as Job, writes, ...(lease && { lease }) };
}

export const formatRecord = ({ tenant, api }: Account, content: Content): string =>
  `${JSON.stringify({ version: VERSION, tenant, api, ...content }, null, 2)}\n`;

/** A revision of a record. */
export interface Found {
  readonly stored: StoredJob;
  readonly writes: Content['writes'];
  /** It and what was seen below it, highest first: all that may still lie there when it is superseded. */
  readonly revisions: readonly number[];
}

/** Why there is none: it is `gone`, is `broken` so that an earlier revision counts, or must be `passed` over. */
export type Missing = 'gone' | 'broken' | 'passed';

export type Reader = ReturnType<typeof createReader>;

// Small records are kept in memory: so many that a list of the 2,000 that are kept by default reads none again.
const MAX_CACHED = 2_500;
const MAX_CACHED_TEXT = 4_096;
// In ms. Without hard links a record may be met that is still being written.
const WRITTEN_WITHIN = [20, 100];

/** Reads revisions, whose content never changes, and keeps them. Says once of each name why it cannot be used. */
export function createReader(options: { dir: string; asideDir: string; account: Account; log: Log }) {
  const { dir, asideDir, account, log } = options;
  const cache = new Map<string, Found>();
  const requestIds = new Map<string, string>();
  const reported = new Set<string>();

  function remember(found: Found, length: number): Found {
    const { id, job } = found.stored;
    if (job.request_id !== undefined) requestIds.set(id, job.request_id);
    cache.delete(id);
    if (length <= MAX_CACHED_TEXT) cache.set(id, found);
    if (cache.size > MAX_CACHED) {
      // The newest are asked for most. By a tenth: a half would have the memory of a long run swing by megabytes.
      const oldest = [...cache.keys()].sort().slice(0, MAX_CACHED / 10);
      for (const id of oldest) cache.delete(id);
    }
    return found;
  }

  function report(name: string, problem: string): void {
    if (!reported.has(name)) log.warn(problem);
    reported.add(name);
  }

  async function setAside(name: string): Promise<void> {
    try {
      await mkdir(asideDir, { recursive: true, mode: 0o700 });
      await rename(join(dir, name), join(asideDir, name));
      report(name, `the job record ${name} cannot be read and was moved to ${asideDir}`);
    } catch (error) {
      const { message } = error as Error;
      report(name, `the job record ${join(dir, name)} cannot be read, nor moved: ${message}`);
    }
  }

  return {
    /** The highest of some revisions, at once where it is kept in memory. The only one of a record is set aside where it is broken. */
    read(listed: Listed): Found | Promise<Found | Missing> {
      const cached = cache.get(listed.id);
      return cached && cached.stored.revision === listed.revisions[0] ? cached : load(listed);
    },
    keep: (listed: Listed, content: Content, length: number): Found =>
      remember(foundIn(listed, content), length),
    /** A record as it was when it was last read or written here, which may be out of date. */
    kept: (id: string): Found | undefined => cache.get(id),
    /**
     * Whether a revision is there as it was read, and none that is named `next`. Then that one and those above it have
     * never been there, as what is superseded is deleted from the lowest revision up.
     */
    async stands({ stored: { id, revision }, writes }: Found, next: number): Promise<boolean> {
      // In this order: a revision that is there was there before.
      if ((await readText(join(dir, formatName(id, next)))) !== undefined) return false;
      const text = await readText(join(dir, formatName(id, revision)));
      const content = typeof text === 'string' ? parseRecord(text, account) : 'corrupt';
      // A process that was frozen may have created another one under that name, once it was free again.
      return typeof content === 'object' && JSON.stringify(content.writes) === JSON.stringify(writes);
    },
    /** The request id of a record that was read at some time. */
    requestIdOf: (id: string): string | undefined => requestIds.get(id),
    /** Forgets all but these. */
    forgetOthers(ids: readonly string[]): void {
      if (requestIds.size + cache.size === 0) return;
      const there = new Set(ids);
      for (const kept of [cache, requestIds])
        for (const id of kept.keys()) if (!there.has(id)) kept.delete(id);
    },
  };

  async function load(listed: Listed): Promise<Found | Missing> {
    const name = formatName(listed.id, listed.revisions[0] as number);
    for (let tries = 0; ; tries++) {
      const text = await readText(join(dir, name));
      if (text === undefined) return 'gone';
      if (text === null) return 'broken';
      const content = parseRecord(text, account);
      if (typeof content === 'object') return remember(foundIn(listed, content), text.length);
      if (content === 'newer' || content === 'foreign') {
        const whose = content === 'newer' ? 'a newer version of this server' : 'another account';
        report(name, `${join(dir, name)} is from ${whose}; passed over`);
        return 'passed';
      }
      const pause = reported.has(name) ? undefined : WRITTEN_WITHIN[tries];
      if (pause === undefined) break;
      await delay(pause);
    }
    if (listed.revisions.length === 1) await setAside(name);
    reported.add(name);
    return 'broken';
  }
}

const foundIn = ({ id, revisions }: Listed, { job, lease, writes }: Content): Found => ({
  stored: {
    id,
    revision: revisions[0] as number,
    fingerprint: fingerprintIn(id),
    job,
    ...(lease && { lease }),
  },
  writes,
  revisions,
});
