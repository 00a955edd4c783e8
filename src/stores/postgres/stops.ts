import type { Clock } from '../../clock.ts';
import type { WaitEnd } from '../../jobs/calls.ts';
import type { Database } from './database.ts';

const CHANNEL = 'runcomfy_images_stops';
// In ms. Others look each second, and as soon as they are notified.
const LOOK_EVERY = 1_000;
// In ms: however many stops are told, so often they are written and looked at.
const [TELL_AGAIN, LOOK_AGAIN] = [100, 50];
// In ms: how long what waits for it may wait.
const ASK_FOR = 1_000;
// In s: for as long as a call may come after its stop.
const KEPT_FOR = 60;
// Stops that are kept, some more where several replicas write at once. Users hardly stop a call a second; a client that
// posts thousands loses its own, and those of its tenant.
const [PER_TENANT, IN_ALL] = [100, 2_000];

interface Told {
  key: string;
  tenant: string;
  why: WaitEnd;
}

export type Stops = ReturnType<typeof createStops>;

/** Carries stops of calls to the replicas that have them, by rows that all of those read while they have such calls. */
export function createStops({
  database,
  clock,
  ended,
}: {
  database: Database;
  clock: Clock;
  /** Aborts when the process is about to end. */
  ended: AbortSignal;
}) {
  const expected = new Map<string, (why: WaitEnd) => void>();
  const untold = new Map<string, Told>();
  let isTelling = false;
  let isLooking = false;
  let isHearing = false;
  let hurry = () => {};

  async function write(told: readonly Told[]): Promise<void> {
    await database.run(
      (sql) => sql`
        WITH over AS (DELETE FROM runcomfy_images.stops WHERE at < now() - make_interval(secs => ${KEPT_FOR})),
        told AS (
          SELECT key, tenant, why, row_number() OVER () AS nth, row_number() OVER (PARTITION BY tenant) AS own
          FROM jsonb_to_recordset(${sql.json(told as never)}) AS told (key text, tenant text, why text)),
        written AS (
          INSERT INTO runcomfy_images.stops (key, tenant, why) SELECT key, tenant, why FROM told
          WHERE own + (SELECT count(*) FROM runcomfy_images.stops kept WHERE kept.tenant = told.tenant) <= ${PER_TENANT}
            AND nth + (SELECT count(*) FROM runcomfy_images.stops) <= ${IN_ALL}
          ON CONFLICT DO NOTHING RETURNING key)
        SELECT pg_notify(${CHANNEL}, '') FROM written LIMIT 1`,
    );
  }

  async function tellAll(): Promise<void> {
    isTelling = true;
    while (untold.size > 0) {
      const told = [...untold.values()];
      untold.clear();
      // It may be lost: then the call goes on.
      await write(told).catch(() => {});
      await clock.sleep(TELL_AGAIN);
    }
    isTelling = false;
  }

  async function look(): Promise<void> {
    const rows = await database.run(
      (sql) => sql<{ key: string; why: WaitEnd }[]>`SELECT key, why FROM runcomfy_images.stops
        WHERE at >= now() - make_interval(secs => ${KEPT_FOR})`,
      0,
    );
    const mine = rows.filter(({ key }) => expected.has(key));
    for (const { key, why } of mine) expected.get(key)?.(why);
    const keys = mine.map(({ key }) => key);
    if (keys.length > 0)
      await database.run((sql) => sql`DELETE FROM runcomfy_images.stops WHERE key IN ${sql(keys)}`, 0);
  }

  async function keepLooking(): Promise<void> {
    isLooking = true;
    while (expected.size > 0 && !ended.aborted) {
      const hurried = new AbortController();
      hurry = () => hurried.abort();
      // Nothing is known while the database is away.
      await look().catch(() => {});
      await clock.sleep(LOOK_AGAIN);
      await clock.sleep(LOOK_EVERY - LOOK_AGAIN, hurried.signal).catch(() => {});
    }
    isLooking = false;
  }

  function hear(): void {
    if (isHearing) return;
    isHearing = true;
    database.listen(CHANNEL, () => hurry());
    ended.addEventListener('abort', () => hurry(), { once: true });
  }

  return {
    /** Tells the other replicas of a stop for a call that is not open here. */
    tell(tenant: string, key: string, why: WaitEnd): void {
      const own = [...untold.values()].filter((told) => told.tenant === tenant).length;
      if (untold.size >= IN_ALL || own >= PER_TENANT) return;
      untold.set(key, { key, tenant, why });
      if (!isTelling) void tellAll();
    },
    /** Asks whether a replica was told of this stop, within the last minute. Undefined too where the database is away. */
    async told(key: string): Promise<WaitEnd | undefined> {
      const find = database.run(
        (sql) => sql<{ why: WaitEnd }[]>`SELECT why FROM runcomfy_images.stops
          WHERE key = ${key} AND at >= now() - make_interval(secs => ${KEPT_FOR})`,
        0,
        ASK_FOR,
      );
      return (await find.catch(() => []))[0]?.why;
    },
    /** Calls `end` when another replica tells of this stop, or has within the last minute, until what it returns is called. */
    expect(key: string, end: (why: WaitEnd) => void): () => void {
      expected.set(key, end);
      hear();
      if (isLooking) hurry();
      else void keepLooking();
      return () => {
        if (expected.get(key) === end) expected.delete(key);
      };
    },
  };
}
