import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { Lease } from '../../jobs/store.ts';
import { parseJson } from '../../json.ts';
import type { Log } from '../../log.ts';
import { type Liveness, livenessOf, type ProcessIdentity, thisProcess } from './process-identity.ts';

/** This process as a holder of leases, and what can be told of other ones. One a process, for the stores of all accounts. */
export interface Holder {
  /** A lease for a call on a job. From now on this process proves that it lives, until it holds none any more. */
  acquire(job: string, call: string): Promise<Lease>;
  /** Whether this process holds a job. */
  has(job: string): boolean;
  /** Says that this process holds a job no more. */
  release(job: string): void;
  owns(lease: Lease): boolean;
  /** Whether another process lives, as far as that can be told at once. */
  liveness(lease: Lease): Promise<Liveness>;
  /** Waits for a proof that a process which cannot be looked at lives; it is dead where none comes. Rejects with the signal's reason. */
  watch(lease: Lease, signal: AbortSignal): Promise<'alive' | 'dead'>;
  /** Before the process ends: tells the others, so that they need not wait for a proof. Never throws. */
  end(): Promise<void>;
}

// In ms. While a process that lives is watched, it renews its file three times.
const BEAT_EVERY = 4_000;
const WATCHED_FOR = 15_000;
const WATCH_EVERY = 500;
// One renewal proves nothing: on a network drive it may be seen long after it was written.
const PROOF = 2;
const ENDED = 'ended';
// A process's file begins with a count, renewed in place: where the disk is full, that needs no room.
const COUNT_LENGTH = 16;
// Files that nobody has renewed for this long, in ms, go.
const KEPT_FOR = 86_400_000;

type Identity = ProcessIdentity & { host: string };

/** Nothing is made or read until a job is held. Beats end when `ended` aborts. */
export function createHolder(options: { dir: string; clock: Clock; ended: AbortSignal; log: Log }): Holder {
  const { dir, clock, ended, log } = options;
  const held = new Set<string>();
  let named: { session: string; identity: Identity } | undefined;
  let isBeating = false;
  let count = 0;
  /** The proof of life that the first of the held jobs asked for. */
  let shown: Promise<void> | undefined;
  let lastWrite: Promise<unknown> = Promise.resolve();

  // Named when the first job asks: crypto takes 4 ms to load, which no start should wait for.
  const me = () => {
    named ??= { session: randomUUID(), identity: { host: hostname(), ...thisProcess() } };
    return named;
  };

  /** Writes one after the other; a file that was deleted is made again. */
  function write(word: string): Promise<void> {
    const written = lastWrite.then(async () => {
      const { session, identity } = me();
      const path = join(dir, session);
      const start = word.padEnd(COUNT_LENGTH);
      const file = await open(path, 'r+').catch(() => undefined);
      if (!file) {
        const made = await open(path, 'w', 0o600);
        return made.writeFile(start + JSON.stringify(identity)).finally(() => made.close());
      }
      await file.write(start, 0).finally(() => file.close());
    });
    lastWrite = written.catch(() => {});
    return written;
  }

  async function beat(): Promise<void> {
    isBeating = true;
    for (;;) {
      await clock.sleep(BEAT_EVERY, ended).catch(() => {});
      if (held.size === 0 || ended.aborted) break;
      // A beat that cannot be written is a beat that others miss, and nothing else.
      await write(String(++count)).catch(() => {});
    }
    isBeating = false;
  }

  async function show(): Promise<void> {
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

  const read = ({ holder }: Lease) => readFile(join(dir, basename(holder)), 'utf8').catch(() => '');

  return {
    async acquire(job, call) {
      held.add(job);
      shown ??= show();
      await shown;
      return { holder: me().session, call };
    },
    has: (job) => held.has(job),
    release(job) {
      held.delete(job);
      if (held.size === 0) shown = undefined;
    },
    owns: ({ holder }) => holder === named?.session,
    async liveness(lease) {
      const text = await read(lease);
      if (text.slice(0, COUNT_LENGTH).trim() === ENDED) return 'dead';
      const other = identityIn(text.slice(COUNT_LENGTH));
      return other ? livenessOf(other, me().identity) : 'unknown';
    },
    async watch(lease, signal) {
      const look = async () => (await read(lease)).slice(0, COUNT_LENGTH).trim();
      let last = await look();
      let seen = 0;
      for (let waited = 0; waited < WATCHED_FOR && last !== ENDED; waited += WATCH_EVERY) {
        await clock.sleep(WATCH_EVERY, signal);
        const now = await look();
        if (now !== last && now !== '') seen += 1;
        if (seen === PROOF) return 'alive';
        last = now;
      }
      return 'dead';
    },
    async end() {
      if (count > 0) await write(ENDED).catch(() => {});
    },
  };
}

function identityIn(text: string): Identity | undefined {
  const { pid, host, namespace, started } = (parseJson(text) ?? {}) as Partial<Identity>;
  if (typeof pid !== 'number' || typeof host !== 'string') return undefined;
  return {
    pid,
    host,
    ...(namespace !== undefined && { namespace }),
    ...(started !== undefined && { started }),
  };
}
