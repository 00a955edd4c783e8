import type { Sql } from 'postgres';
import { type Clock, within } from '../../clock.ts';
import { isTemporary, unusable } from './errors.ts';

export type { Sql } from 'postgres';

/** In ms. A database that is started anew, or fails over, is away for some 10 s. */
export const PATIENCE = 15_000;
const ATTEMPT = 5_000;
const RENEW_EVERY = 5_000;
const [FIRST_PAUSE, MAX_PAUSE] = [100, 1_000];
// In s.
const CONNECT_TIMEOUT = 5;
const IDLE_TIMEOUT = 60;
// Per replica, and one that listens. Statements take a few ms, so that some serve hundreds of calls.
const CONNECTIONS = 6;

const LATE = 'ETIMEDOUT';

/** What all statements go through. */
export interface Database {
  /**
   * Does some work in the database, again while that is away for up to 15 s or `patience` in ms. A try is given up after
   * 5 s or `attempt`. A statement may have been executed although its reply was lost, and one that was given up may be
   * executed later, so the work must bear that. Throws `store_unavailable`.
   */
  run<Result>(work: (sql: Sql) => Promise<Result>, patience?: number, attempt?: number): Promise<Result>;
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
  let pool = { sql: postgres(url, options), openedAt: clock.now() };
  let listening: Sql | undefined;
  const late = () => Object.assign(new Error('the database did not answer'), { code: LATE });

  /**
   * A connection on which nothing comes any more, as a firewall has forgotten it, stays taken for a quarter of an hour:
   * what comes next gets new ones. Statements that still run have a few seconds to end.
   */
  function renew(used: typeof pool): void {
    if (used !== pool || Math.abs(clock.now() - used.openedAt) < RENEW_EVERY) return;
    pool = { sql: postgres(url, options), openedAt: clock.now() };
    void used.sql.end({ timeout: ATTEMPT / 1000 });
  }

  async function attempt<Result>(work: (sql: Sql) => Promise<Result>, ms: number): Promise<Result> {
    const used = pool;
    return within(clock, ms, late(), (signal) => {
      const working = work(used.sql);
      return new Promise((resolve, reject) => {
        const giveUp = () => {
          if (signal.reason?.code === LATE) renew(used);
          reject(signal.reason);
        };
        signal.addEventListener('abort', giveUp, { once: true });
        working.then(resolve, reject);
      });
    });
  }

  const database: Database = {
    async run(work, patience = PATIENCE, ms = ATTEMPT) {
      const began = clock.now();
      for (let tries = 0; ; tries++) {
        try {
          return await attempt(work, ms);
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
      await Promise.all([pool.sql.end({ timeout: 1 }), listening?.end({ timeout: 1 })]);
    },
  };
  return database;
}
