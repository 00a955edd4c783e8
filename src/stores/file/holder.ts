import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { Lease } from '../../jobs/store.ts';
import { parseJson } from '../../json.ts';
import type { Log } from '../../log.ts';
import type { Holder } from '../backend.ts';
import { livenessOf, type ProcessIdentity, thisProcess } from './process-identity.ts';

// In ms. While a process that is alive is watched, it renews its file three times.
const BEAT_EVERY = 4_000;
const WATCHED_FOR = 15_000;
const WATCH_EVERY = 500;
// One renewal proves nothing: on a network drive it may be seen long after it was written.
const MIN_RENEWALS = 2;
const ENDED = 'ended';
// A holder's file begins with a count, renewed in place: that needs no room on a full disk.
const COUNT_LENGTH = 16;
// Files that nobody has renewed for this long, in ms, go.
const KEPT_FOR = 86_400_000;

/**
 * A holder that proves itself by the heartbeat in its file; one a process, for the stores of all accounts. Writes and
 * reads nothing until a job is leased. `end` tells the other processes that this one ends, so that they need not wait
 * for proof; it never throws.
 */
export function createHolder(options: {
  dir: string;
  clock: Clock;
  ended: AbortSignal;
  log: Log;
}): Holder & { end(): Promise<void> } {
  const { dir, clock, ended, log } = options;
  const keys = new Set<string>();
  let named: { session: string; identity: ProcessIdentity } | undefined;
  let isBeating = false;
  let count = 0;
  /** The proof of life that the first of the keys asked for. */
  let announced: Promise<void> | undefined;
  let lastWrite: Promise<unknown> = Promise.resolve();

  // When the first job asks: crypto takes 4 ms to load, which no start should wait for.
  function self() {
    named ??= { session: randomUUID(), identity: { host: hostname(), ...thisProcess() } };
    return named;
  }

  /** Writes one after the other, in place; a file that was deleted is created again. */
  function write(word: string): Promise<void> {
    const written = lastWrite.then(async () => {
      const { session, identity } = self();
      const path = join(dir, session);
      const file = await open(path, 'r+').catch(() => open(path, 'w', 0o600));
      const text = word.padEnd(COUNT_LENGTH) + JSON.stringify(identity);
      await file.write(text, 0).finally(() => file.close());
    });
    lastWrite = written.catch(() => {});
    return written;
  }

  async function beat(): Promise<void> {
    isBeating = true;
    for (;;) {
      await clock.sleep(BEAT_EVERY, ended).catch(() => {});
      if (keys.size === 0 || ended.aborted) break;
      // A beat that cannot be written is only one that others miss.
      await write(String(++count)).catch(() => {});
    }
    isBeating = false;
  }

  async function announce(): Promise<void> {
    if (count === 0) sweep().catch(() => {});
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await write(String(++count));
    } catch (error) {
      // Without that proof another process may take the job over, which costs nothing.
      log.warn(`cannot show other processes that this one lives: ${(error as Error).message}`);
    }
    if (!isBeating) void beat();
  }

  async function sweep(): Promise<void> {
    for (const name of await readdir(dir)) {
      const { mtimeMs } = await stat(join(dir, name));
      if (Date.now() - mtimeMs > KEPT_FOR) await rm(join(dir, name), { force: true });
    }
  }

  async function read({ holder }: Lease): Promise<{ word: string; rest: string }> {
    const text = await readFile(join(dir, basename(holder)), 'utf8').catch(() => '');
    return { word: text.slice(0, COUNT_LENGTH).trim(), rest: text.slice(COUNT_LENGTH) };
  }

  return {
    async acquire(key, call) {
      keys.add(key);
      announced ??= announce();
      await announced;
      return { holder: self().session, call };
    },
    has: (key) => keys.has(key),
    release(key) {
      keys.delete(key);
      if (keys.size === 0) announced = undefined;
    },
    owns: ({ holder }) => holder === named?.session,
    async liveness(lease) {
      const { word, rest } = await read(lease);
      if (word === ENDED) return 'dead';
      const other = parseJson(rest) as Partial<ProcessIdentity> | undefined;
      const isKnown = typeof other?.pid === 'number' && typeof other.host === 'string';
      return isKnown ? livenessOf(other as ProcessIdentity, self().identity) : 'unknown';
    },
    async watch(lease, signal) {
      let { word: last } = await read(lease);
      let renewals = 0;
      for (let waited = 0; waited < WATCHED_FOR && last !== ENDED; waited += WATCH_EVERY) {
        await clock.sleep(WATCH_EVERY, signal);
        const { word } = await read(lease);
        if (word !== last && word !== '') renewals += 1;
        if (renewals === MIN_RENEWALS) return 'alive';
        last = word;
      }
      return 'dead';
    },
    async end() {
      if (count > 0) await write(ENDED).catch(() => {});
    },
  };
}
