import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../clock.ts';

/** Proofs of life between processes that share a data directory but cannot look at each other: one file a process. */
export interface Heartbeats {
  /** Makes this process's file, durable enough to be seen by others, and renews it while it is needed. */
  begin(session: string): Promise<void>;
  /** Whether another process renews its file. Rejects with the signal's reason. */
  isBeating(session: string, signal: AbortSignal): Promise<boolean>;
  /** Says in the file that this process has ended. Never throws. */
  end(): Promise<void>;
}

// In ms. Within LEASE a process that lives renews its file three times.
const BEAT_EVERY = 4_000;
const LEASE = 15_000;
const WATCH_EVERY = 500;
// One renewal proves nothing: on a network drive it may be seen long after it was written.
const PROOF = 2;
const ENDED = 'ended';
const TEXT_LENGTH = 16;
// Files that nobody has renewed for this long, in ms, go.
const KEPT_FOR = 86_400_000;

/** Keeps the files in a directory, which is made when the first job asks for it. Beats end when `ended` aborts. */
export function createHeartbeats(options: {
  dir: string;
  isNeeded: () => boolean;
  clock: Clock;
  ended: AbortSignal;
}): Heartbeats {
  const { dir, isNeeded, clock, ended } = options;
  let begun: Promise<void> | undefined;
  let own: string | undefined;
  let lastWrite: Promise<unknown> = Promise.resolve();

  /** Writes one after the other, and in place: where the disk is full, that needs no room. */
  function write(path: string, text: string): Promise<void> {
    const written = lastWrite.then(async () => {
      const file = await open(path, 'r+').catch(() => open(path, 'w', 0o600));
      try {
        await file.write(text.padEnd(TEXT_LENGTH), 0);
      } finally {
        await file.close();
      }
    });
    lastWrite = written.catch(() => {});
    return written;
  }

  async function beat(path: string): Promise<void> {
    for (let count = 1; !ended.aborted; count++) {
      await clock.sleep(BEAT_EVERY, ended).catch(() => {});
      // A beat that cannot be written is a beat that others miss, and nothing else.
      if (isNeeded() && !ended.aborted) await write(path, String(count)).catch(() => {});
    }
  }

  async function start(session: string): Promise<void> {
    own = join(dir, session);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await write(own, '0');
    sweep().catch(() => {});
    void beat(own);
  }

  async function sweep(): Promise<void> {
    for (const name of await readdir(dir)) {
      const { mtimeMs } = await stat(join(dir, name));
      if (Date.now() - mtimeMs > KEPT_FOR) await rm(join(dir, name), { force: true });
    }
  }

  return {
    begin(session) {
      begun ??= start(session).catch((error) => {
        begun = undefined;
        throw error;
      });
      return begun;
    },
    async isBeating(session, signal) {
      const read = () => readFile(join(dir, basename(session)), 'latin1').catch(() => '');
      let last = await read();
      let seen = 0;
      for (let waited = 0; waited < LEASE && last.trim() !== ENDED; waited += WATCH_EVERY) {
        await clock.sleep(WATCH_EVERY, signal);
        const now = await read();
        if (now !== last && now !== '') seen += 1;
        if (seen === PROOF) return true;
        last = now;
      }
      return false;
    },
    async end() {
      if (own !== undefined) await write(own, ENDED).catch(() => {});
    },
  };
}
