import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { OpenCalls } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import type { Holder } from '../backend.ts';
import { type Database, PATIENCE } from './database.ts';
import { ATTEMPT, createSight } from './sight.ts';

// In ms. A replica beats, sooner after a beat that failed, and a watched one is looked at.
const BEAT_EVERY = 2_000;
const BEAT_AGAIN = 500;
const WATCH_EVERY = 500;
// One beat may have been sent before the death of its process; the second one is sent after the first was answered.
const MIN_BEATS = 2;
// In ms. No statement that was given up is executed so much later.
const SETTLED_AFTER = 60_000;

/**
 * A holder that proves itself by a count that it raises in its row. Others are judged by what this process sees of their
 * counts on its own clock: no two clocks are compared. Beats from the first lease on. `end` tells the others that this
 * process ends; it never throws.
 */
export function createHolder(options: {
  database: Database;
  openCalls: OpenCalls;
  clock: Clock;
  ended: AbortSignal;
  log: Log;
}): Holder & { end(): Promise<void> } {
  const { database, openCalls, clock, ended, log } = options;
  const id = randomUUID();
  const { look, judge, rises } = createSight(database, clock);
  /** The calls whose leases are recorded, or may be, by lease. */
  const keys = new Map<string, string>();
  /** Since when calls are over that have leases, in ms. */
  const overSince = new Map<string, number>();
  let answered = 0;
  let begun: Promise<void> | undefined;

  const overCalls = () => [...new Set(keys.values())].filter((call) => !openCalls.has(call));

  /**
   * Raises the count by one. A beat that may yet arrive is sent again as it was: after the death of this process all of them
   * count as one.
   */
  async function beat(): Promise<void> {
    const [beats, over] = [answered + 1, overCalls()];
    await database.run(
      (sql) => sql`INSERT INTO runcomfy_images.replicas AS mine (id, beats, ended_calls)
        VALUES (${id}, ${beats}, ${over})
        ON CONFLICT (id) DO UPDATE SET beats = ${beats}, ended_calls = ${over}, beaten_at = now()
        WHERE mine.beats < ${beats}`,
      0,
      ATTEMPT,
    );
    answered = beats;
  }

  /** Drops the leases of calls that are long over once no record names them. */
  async function settle(): Promise<void> {
    const now = clock.now();
    const over = overCalls();
    for (const call of overSince.keys()) if (!over.includes(call)) overSince.delete(call);
    for (const call of over) if (!overSince.has(call)) overSince.set(call, now);
    const long = over.filter((call) => now - (overSince.get(call) ?? now) >= SETTLED_AFTER);
    if (long.length === 0) return;
    const rows = await database.run(
      (sql) => sql<{ call: string }[]>`
        SELECT call FROM runcomfy_images.jobs WHERE holder = ${id} AND call IN ${sql(long)}`,
      0,
    );
    const standing = new Set(rows.map(({ call }) => call));
    for (const call of long) overSince.set(call, now);
    for (const [key, call] of keys) if (long.includes(call) && !standing.has(call)) keys.delete(key);
  }

  async function beatAndLook(): Promise<void> {
    await beat();
    await look();
  }

  async function keepBeating(): Promise<void> {
    for (let pause = BEAT_EVERY; ; ) {
      await clock.sleep(pause, ended).catch(() => {});
      if (ended.aborted) return;
      // A beat that cannot be recorded is one that others miss.
      const isDone = await beatAndLook().then(
        () => true,
        () => false,
      );
      pause = isDone ? BEAT_EVERY : BEAT_AGAIN;
      if (isDone) await settle().catch(() => {});
    }
  }

  /** Deletes what replicas left behind that have been gone for a day. */
  const sweep = () =>
    database.run(
      (sql) => sql`DELETE FROM runcomfy_images.replicas WHERE beaten_at < now() - interval '1 day'`,
      0,
      ATTEMPT,
    );

  function begin(): Promise<void> {
    begun ??= beatAndLook()
      .then(() => void sweep().catch(() => {}))
      .catch((error) => log.warn(`cannot show other replicas that this one lives: ${error.message}`))
      .then(() => void keepBeating());
    return begun;
  }

  /** Looks, again while the database is away for as long as any statement waits for it. */
  async function lookWhenBack(signal?: AbortSignal): Promise<number> {
    const began = clock.now();
    for (;;) {
      try {
        return await look();
      } catch (error) {
        if (clock.now() - began > PATIENCE) throw error;
        await clock.sleep(WATCH_EVERY, signal);
      }
    }
  }

  return {
    async acquire(key, call) {
      keys.set(key, call);
      await begin();
      return { holder: id, call };
    },
    has: (key) => keys.has(key),
    release(key, isInDoubt = false) {
      if (!isInDoubt) keys.delete(key);
    },
    owns: ({ holder }) => holder === id,
    async liveness(lease) {
      await begin();
      return judge(lease, await lookWhenBack());
    },
    async watch(lease, signal) {
      await begin();
      await lookWhenBack(signal);
      const before = rises(lease.holder);
      for (;;) {
        await clock.sleep(WATCH_EVERY, signal);
        // Nothing is known while the database is away; whoever waits may leave.
        const began = await look().catch(() => undefined);
        if (began === undefined) continue;
        if (judge(lease, began) === 'dead') return 'dead';
        if (rises(lease.holder) - before >= MIN_BEATS) return 'alive';
      }
    },
    async end() {
      if (!begun) return;
      await database
        .run((sql) => sql`UPDATE runcomfy_images.replicas SET ended = true WHERE id = ${id}`, 0)
        .catch(() => {});
    },
  };
}
