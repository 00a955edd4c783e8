import type { Sql } from 'postgres';
import { type Clock, within } from '../../clock.ts';
import { isTemporary, unusable } from './errors.ts';

export type { Sql } from 'postgres';

// In ms. A database that is started anew, or fails over, is away for some 10 s.
const PATIENCE = 15_000;
const ATTEMPT = 5_000;
const [FIRST_PAUSE, MAX_PAUSE] = [100, 1_000];
// In s.
const CONNECT_TIMEOUT = 5;
const IDLE_TIMEOUT = 60;
// Per replica, and one that listens. Statements take a few ms, so that some serve hundreds of calls.
const CONNECTIONS = 6;

/** What all statements go through. */
export interface Database {
  /**
   * Does some work in the database, again while that is away for up to 15 s or `patience` in ms. A statement may have been
   * executed although its reply was lost, and one that was given up may be executed later, so the work must bear that.
   * Throws `store_unavailable`.
   */
  run<Result>(work: (sql: Sql) => Promise<Result>, patience?: number): Promise<Result>;
  /** Calls back when somebody notifies a channel, which may be lost: a spur to look sooner, and no more. */
  listen(channel: string, listener: (payload: string) => void): void;
  close(): Promise<void>;
}

/** Connects when the first statement wants it. The URL, with its password, appears in no error. */
export async function openDatabase(url: string, { clock, random }: { clock: Clock; random: () => number }) {
  const { postgres } = await import('./driver.ts');
  const options = {
    // Behind PgBouncer the next statement may be on another connection.
    prepare: false,
    max: CONNECTIONS,
    connect_timeout: CONNECT_TIMEOUT,
    idle_timeout: IDLE_TIMEOUT,
    backoff: (tries: number) => Math.min(0.1 * 2 ** tries, 1),
    onnotice() {},
    connection: { application_name: 'runcomfy-image-mcp' },
  };
  const sql = postgres(url, options);
  let listening: Sql | undefined;
  const late = () => Object.assign(new Error('the database did not answer'), { code: 'ETIMEDOUT' });

  async function attempt<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    return within(clock, ATTEMPT, late(), (signal) => {
      const working = work(sql);
      return new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        working.then(resolve, reject);
      });
    });
  }

  const database: Database = {
    async run(work, patience = PATIENCE) {
      const began = clock.now();
      for (let tries = 0; ; tries++) {
        try {
          return await attempt(work);
        } catch (error) {
          const pause = random() * Math.min(MAX_PAUSE, FIRST_PAUSE * 2 ** tries);
          if (!isTemporary(error) || clock.now() - began + pause > patience) throw unusable(error);
          await clock.sleep(pause);
        }
      }
    },
    listen(channel, listener) {
      listening ??= postgres(url, { ...options, max: 1, idle_timeout: 0 });
      // It connects anew by itself; what it misses meanwhile is found by looking.
      listening.listen(channel, listener).catch(() => {});
    },
    async close() {
      await Promise.all([sql.end({ timeout: 1 }), listening?.end({ timeout: 1 })]);
    },
  };
  return database;
}
