import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Lease, OpenCalls } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import type { Holder } from '../backend.ts';
import type { Database } from './database.ts';

// In ms. A replica beats, and a watched one is looked at.
const BEAT_EVERY = 2_000;
const WATCH_EVERY = 500;
/** In ms: a replica that was not seen to beat for this long is gone. */
const GONE_AFTER = 6_000;
// In ms. A longer gap between two looks says that this process was frozen or the database away, and nothing of the others.
const MAX_GAP = 4_000;
// One beat may have been sent before the death of its process; the second one is sent after the first was answered.
const MIN_BEATS = 2;

interface Beat {
  id: string;
  beats: number;
  ended: boolean;
  ended_calls: readonly string[];
}

/** What was seen of a replica: its last count, and since when it stands, in ms. */
interface Seen extends Omit<Beat, 'id'> {
  since: number;
}

const NOTHING = { beats: 0, ended: false, ended_calls: [] };

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
  /** The calls that have leases, by lease. */
  const keys = new Map<string, string>();
  const others = new Map<string, Seen>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let begun: Promise<void> | undefined;

  /** Takes in what a look brought, which began at some time in ms. */
  function takeIn(rows: readonly Beat[], began: number): void {
    const now = clock.now();
    const isGap = began - lookedAt > MAX_GAP || began < lookedAt;
    lookedAt = now;
    for (const { id: other, ...beat } of rows) {
      const before = others.get(other);
      const since = !before || isGap || before.beats !== beat.beats ? now : before.since;
      others.set(other, { ...beat, since });
    }
    const present = new Set(rows.map((row) => row.id));
    for (const [other, { since }] of others)
      if (!present.has(other)) others.set(other, { ...NOTHING, since: isGap ? now : since });
  }

  /** Looks at all replicas; resolves to when the look began, in ms. Does not wait for a database that is away. */
  async function look(): Promise<number> {
    const began = clock.now();
    const rows = await database.run(
      (sql) => sql<Beat[]>`SELECT id, beats, ended, ended_calls FROM runcomfy_images.replicas`,
      0,
    );
    takeIn(rows, began);
    return began;
  }

  async function beat(): Promise<void> {
    const over = [...new Set(keys.values())].filter((call) => !openCalls.has(call));
    await database.run(
      (
        sql,
      ) => sql`INSERT INTO runcomfy_images.replicas AS mine (id, beats, ended_calls) VALUES (${id}, 1, ${over})
        ON CONFLICT (id) DO UPDATE SET beats = mine.beats + 1, ended_calls = ${over}, beaten_at = now()`,
      0,
    );
  }

  async function beatAndLook(): Promise<void> {
    await beat();
    await look();
  }

  async function keepBeating(): Promise<void> {
    for (;;) {
      await clock.sleep(BEAT_EVERY, ended).catch(() => {});
      if (ended.aborted) return;
      // A beat that cannot be recorded is one that others miss.
      await beatAndLook().catch(() => {});
    }
  }

  function begin(): Promise<void> {
    begun ??= beatAndLook()
      .catch((error) => log.warn(`cannot show other replicas that this one lives: ${error.message}`))
      .then(() => void keepBeating());
    return begun;
  }

  /** What the last look says of a lease. A holder that was never seen is watched from now on. */
  function judge({ holder, call }: Lease, began: number): 'dead' | 'unknown' {
    const seen = others.get(holder) ?? { ...NOTHING, since: clock.now() };
    others.set(holder, seen);
    const isOver = seen.ended || seen.ended_calls.includes(call);
    return isOver || began - seen.since >= GONE_AFTER ? 'dead' : 'unknown';
  }

  return {
    async acquire(key, call) {
      keys.set(key, call);
      await begin();
      return { holder: id, call };
    },
    has: (key) => keys.has(key),
    release: (key) => void keys.delete(key),
    owns: ({ holder }) => holder === id,
    async liveness(lease) {
      await begin();
      return judge(lease, await look());
    },
    async watch(lease, signal) {
      await begin();
      await look();
      const first = others.get(lease.holder)?.beats ?? 0;
      for (;;) {
        await clock.sleep(WATCH_EVERY, signal);
        // Nothing is known while the database is away; whoever waits may leave.
        const began = await look().catch(() => undefined);
        if (began === undefined) continue;
        if (judge(lease, began) === 'dead') return 'dead';
        if ((others.get(lease.holder)?.beats ?? 0) - first >= MIN_BEATS) return 'alive';
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
