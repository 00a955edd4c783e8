import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from '../../account.ts';
import type { StoredJob } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import { readText, setAside } from './disk.ts';
import { fingerprintIn, formatName, type Listed } from './names.ts';
import { parseRecord, type RecordContent } from './record.ts';

/** A revision of a record. Its `revisions` are it and what was seen below it: all that may still lie there once it is superseded. */
export interface Found extends Listed {
  readonly stored: StoredJob;
  readonly writes: RecordContent['writes'];
}

/** Why there is none: it is `gone`, is `broken` so that an earlier revision counts, or must be `ignored`. */
type Missing = 'gone' | 'broken' | 'ignored';

/** Where the records of an account are. */
export interface Folder {
  dir: string;
  asideDir: string;
  account: Account;
  log: Log;
}

export type Reader = ReturnType<typeof createReader>;

// Enough for looking at 5,000 records each second, as the gallery does, without reading one. In characters: what texts of
// records in memory have together, what each of them counts more for what is made of it, and what one may have.
const MAX_CACHED = 32 << 20;
const MADE_OF_ONE = 2_048;
const MAX_CACHED_TEXT = 1 << 16;
// In ms. Without hard links a record may be read while it is being written.
const WRITTEN_WITHIN = [20, 100];

/** Reads revisions, whose content never changes, and caches them. Logs once why a file cannot be used. */
export function createReader({ dir, asideDir, account, log }: Folder) {
  const cache = new Map<string, { found: Found; size: number }>();
  let cached = 0;
  const requestIds = new Map<string, string>();
  const reported = new Set<string>();

  /** Caches the highest of some revisions. */
  function keep({ id, revisions }: Listed, { job, lease, writes }: RecordContent, size: number): Found {
    const [revision = 0] = revisions;
    const stored = { id, revision, fingerprint: fingerprintIn(id), job, ...(lease && { lease }) };
    const found: Found = { id, revisions, stored, writes };
    if (job.request_id !== undefined) requestIds.set(id, job.request_id);
    drop(id);
    if (size > MAX_CACHED_TEXT) return found;
    cache.set(id, { found, size: size + MADE_OF_ONE });
    cached += size + MADE_OF_ONE;
    if (cached > MAX_CACHED) {
      // The newest are asked for most. By a tenth: a half would have the memory of a long run swing by megabytes.
      for (const old of [...cache.keys()].sort()) if (cached > MAX_CACHED * 0.9) drop(old);
    }
    return found;
  }

  function drop(id: string): void {
    cached -= cache.get(id)?.size ?? 0;
    cache.delete(id);
  }

  function report(name: string, problem: string): void {
    if (!reported.has(name)) log.warn(problem);
    reported.add(name);
  }

  return {
    keep,
    /** A record as it was when it was last read or written here, which may be out of date. */
    cached: (id: string): Found | undefined => cache.get(id)?.found,
    /** The request id of a record that was read at some time. */
    requestIdOf: (id: string): string | undefined => requestIds.get(id),
    /** Forgets all but these. */
    forgetOthers(ids: readonly string[]): void {
      if (requestIds.size + cache.size === 0) return;
      const listed = new Set(ids);
      for (const id of cache.keys()) if (!listed.has(id)) drop(id);
      for (const id of requestIds.keys()) if (!listed.has(id)) requestIds.delete(id);
    },
    /** Reads the highest of some revisions. If it is broken and the only one, it is set aside. */
    async load(listed: Listed): Promise<Found | Missing> {
      const name = formatName(listed.id, listed.revisions[0] as number);
      for (let tries = 0; ; tries++) {
        const text = await readText(join(dir, name));
        if (text === undefined) return 'gone';
        if (text === null) return 'broken';
        const content = parseRecord(text, account);
        if (typeof content === 'object') return keep(listed, content, text.length);
        if (content !== 'corrupt') {
          const whose = content === 'newer' ? 'a newer version of this server' : 'another account';
          report(name, `${join(dir, name)} is from ${whose}; ignored`);
          return 'ignored';
        }
        const pause = reported.has(name) ? undefined : WRITTEN_WITHIN[tries];
        if (pause === undefined) break;
        await delay(pause);
      }
      if (listed.revisions.length === 1) report(name, await setAside(dir, name, asideDir));
      reported.add(name);
      return 'broken';
    },
    /**
     * Whether a revision is still as it was read, and none is named `next`. Then `next` and those above it never
     * existed, as superseded revisions are deleted from the lowest up.
     */
    async isCurrent({ id, stored, writes }: Found, next: number): Promise<boolean> {
      // In this order: a revision that is there was there before.
      if ((await readText(join(dir, formatName(id, next)))) !== undefined) return false;
      const text = await readText(join(dir, formatName(id, stored.revision)));
      const content = typeof text === 'string' ? parseRecord(text, account) : 'corrupt';
      // A process that was frozen may have created another one under that name, once it was free again.
      return typeof content === 'object' && JSON.stringify(content.writes) === JSON.stringify(writes);
    },
  };
}
