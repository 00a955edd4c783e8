import type { Clock } from '../../clock.ts';
import type { Lease } from '../../jobs/store.ts';
import type { Database } from './database.ts';

/** In ms: how long a beat or a look may take, as others count the time. */
export const ATTEMPT = 1_000;
// In ms: a replica that was not seen to beat for this long is gone.
const GONE_AFTER = 6_000;
// In ms. A longer gap between two looks says that this process was frozen, its clock set or the database away,
// and nothing of the others.
const MAX_GAP = 3_000;

interface Beat {
  id: string;
  beats: number;
  ended: boolean;
  ended_calls: readonly string[];
}

/** What was seen of a replica: its last count, if it has a row, since when that stands, in ms, and how often it rose. */
interface Seen extends Pick<Beat, 'ended' | 'ended_calls'> {
  beats?: number;
  since: number;
  rises: number;
}

const NOTHING = { ended: false, ended_calls: [], rises: 0 };

/**
 * What this process sees of the replicas, by the counts that they raise in their rows, and on its own clock: no two clocks
 * are compared.
 */
export function createSight(database: Database, clock: Clock) {
  const others = new Map<string, Seen>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** The look that was begun last, and the one that is to begin after it. */
  let looking: Promise<unknown> = Promise.resolve();
  let nextLook: Promise<number> | undefined;

  /** Takes in what a look brought. Time in which this process saw nothing counts for no other. */
  function takeIn(rows: readonly Beat[]): void {
    const now = clock.now();
    const isGap = now - lookedAt > MAX_GAP || now < lookedAt;
    lookedAt = now;
    const present = new Map(rows.map((row) => [row.id, row]));
    for (const other of new Set([...present.keys(), ...others.keys()])) {
      const before = others.get(other);
      const { beats, ended, ended_calls } = present.get(other) ?? { beats: undefined, ...NOTHING };
      const isSame = before !== undefined && before.beats === beats;
      // Several at once prove no more than one, and a count that a backup brought back proves nothing.
      const isRise = before?.beats !== undefined && beats !== undefined && beats > before.beats;
      others.set(other, {
        ...(beats !== undefined && { beats }),
        ...{ ended, ended_calls },
        since: isSame && !isGap ? before.since : now,
        rises: (before?.rises ?? 0) + (isRise ? 1 : 0),
      });
    }
  }

  async function lookOnce(): Promise<number> {
    const began = clock.now();
    const rows = await database.run(
      (sql) => sql<Beat[]>`SELECT id, beats, ended, ended_calls FROM runcomfy_images.replicas`,
      0,
      ATTEMPT,
    );
    takeIn(rows);
    return began;
  }

  /**
   * Looks at all replicas; resolves to when the look began, in ms. Does not wait for a database that is away. All who ask
   * while one look is under way share the next.
   */
  function look(): Promise<number> {
    nextLook ??= looking.then(() => {
      const mine = lookOnce();
      nextLook = undefined;
      looking = mine.catch(() => {});
      return mine;
    });
    return nextLook;
  }

  /** What the last look says of a lease. A holder that was never seen is watched from now on. */
  function judge({ holder, call }: Lease, began: number): 'dead' | 'unknown' {
    const seen = others.get(holder) ?? { ...NOTHING, since: clock.now() };
    others.set(holder, seen);
    const isOver = seen.ended || seen.ended_calls.includes(call);
    return isOver || began - seen.since >= GONE_AFTER ? 'dead' : 'unknown';
  }

  return {
    look,
    judge,
    /** How often the count of a replica was seen to rise. */
    rises: (holder: string): number => others.get(holder)?.rises ?? 0,
  };
}
