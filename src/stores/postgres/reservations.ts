import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { ToolError, takenOver } from '../../errors.ts';
import type { Job } from '../../jobs/job.ts';
import type { Intent, JobStore, Lease, StoredJob } from '../../jobs/store.ts';
import { parseJson } from '../../json.ts';
import { DAY, type Holder } from '../backend.ts';
import { leaseKey } from '../job-store.ts';
import type { Database } from './database.ts';
import { accountId } from './ids.ts';
import { idOf } from './records.ts';
import { columns, type Row, toColumns, toStored } from './rows.ts';

// In ms: others of this account reserve at the same time.
const MAX_PAUSE = 20;
// In ms: how long calls of this process wait for one another. One that waits for the database holds up no others.
const MAX_TURN = 1_000;
// Of the JSON of an input, in bytes.
const MAX_INPUT = 64 << 10;

/** What a limit sees of a job: of one whose cost is known, that alone. */
interface Counted {
  submitted_at: Date;
  state: Job['state'];
  cost_usd: number | null;
  job: string | null;
}

/**
 * Reserves jobs exactly within limits: those of an account are counted and recorded in turns, which its row counts. Of two
 * replicas that counted the same the second one's statement records nothing, and it counts again. No lock is held between
 * statements, so that a replica which is frozen keeps nobody waiting.
 */
export function createReservations(options: {
  database: Database;
  account: Account;
  holder: Holder;
  clock: Clock;
  random: () => number;
}): JobStore['reserve'] {
  const { database, account, holder, clock, random } = options;
  const account_id = accountId(account);
  let last: Promise<unknown> = Promise.resolve();

  async function existing(ids: readonly string[]): Promise<StoredJob[]> {
    const rows = await database.run(
      (sql) =>
        sql<
          Row[]
        >`SELECT ${columns(sql)} FROM runcomfy_images.jobs WHERE account_id = ${account_id} AND id IN ${sql(ids)}`,
    );
    return rows.flatMap((row) => toStored(row) ?? []);
  }

  /** Which turn is next, and the other jobs that count for it. */
  async function count(ids: readonly string[], since: string) {
    return database.run(async (sql) => {
      // The turn first: what is recorded after it is read makes it stale.
      const [found] = await sql<
        { turn: string }[]
      >`SELECT reservations AS turn FROM runcomfy_images.accounts WHERE id = ${account_id}`;
      const others = await sql<Counted[]>`
        SELECT submitted_at, state, cost_usd, CASE WHEN cost_usd IS NULL THEN job END AS job
        FROM runcomfy_images.jobs WHERE account_id = ${account_id} AND submitted_at >= ${since}
          AND state <> 'cancelled' AND id NOT IN ${sql(ids)}`;
      // Its row is made by the first that is recorded, and anew if it went.
      return { turn: found?.turn ?? '0', others: others.map(jobOf) };
    });
  }

  /** Records all intents, or none if it is another's turn. */
  async function record(
    intents: readonly { id: string; intent: Intent; lease: Lease }[],
    turn: string | undefined,
  ): Promise<boolean> {
    const rows = intents.map(({ id, intent: { fingerprint, job }, lease }) => {
      const { request_id: _, delivered_at: __, cost_usd: ___, ...row } = toColumns({ job, lease });
      return { id, fingerprint, ...row };
    });
    const written = await database.run(
      (sql) => sql`
        WITH turn AS (INSERT INTO runcomfy_images.accounts AS mine (id, tenant, api, reservations)
          VALUES (${account_id}, ${account.tenant}, ${account.api}, 1)
          ON CONFLICT (id) DO UPDATE SET reservations = mine.reservations + 1
          ${turn === undefined ? sql`` : sql`WHERE mine.reservations = ${turn}`} RETURNING id)
        INSERT INTO runcomfy_images.jobs (account_id, revision, id, fingerprint, submitted_at, state, job, holder, call)
        SELECT turn.id, 1, row.id, row.fingerprint, row.submitted_at, row.state, row.job, row.holder, row.call
        FROM turn, jsonb_to_recordset(${sql.json(rows)}) AS row (id uuid, fingerprint text, submitted_at timestamptz,
          state text, job text, holder uuid, call text)
        ON CONFLICT DO NOTHING`,
    );
    return written.count === rows.length;
  }

  async function reserve(...[intents, call, check]: Parameters<JobStore['reserve']>): Promise<StoredJob[]> {
    const ids = intents.map((intent) => idOf(intent, call));
    const keys = ids.map((id) => leaseKey(account, id, call));
    // If this process holds a key, this call has reserved the job before.
    const isFirst = !keys.some(holder.has);
    const leases = await Promise.all(keys.map((key) => holder.acquire(key, call)));
    const wanted = intents.map((intent, n) => ({
      id: ids[n] as string,
      intent,
      lease: leases[n] as Lease,
    }));
    const isOwn = ({ lease }: StoredJob) => lease !== undefined && holder.owns(lease) && lease.call === call;
    for (let tries = 0; ; tries++) {
      if (tries > 0) await clock.sleep(random() * MAX_PAUSE);
      // A reply may have been lost, or the process been frozen when only some were recorded.
      const found = isFirst && tries === 0 ? [] : await existing(ids);
      if (intents.length > 1 && !found.every(isOwn)) throw takenOver();
      const missing = wanted.filter(({ id }) => !found.some((stored) => stored.id === id));
      if (missing.length === 0) return ids.flatMap((id) => found.find((stored) => stored.id === id) ?? []);
      let turn: string | undefined;
      if (check) {
        const now = clock.now();
        const counted = await count(ids, new Date(now - (check.looksBack ?? DAY)).toISOString());
        const jobs = intents.map(({ job }) => job);
        const error = check(jobs, counted.others, now);
        if (error) {
          if (found.length === 0) for (const key of keys) holder.release(key, tries > 0);
          throw error;
        }
        turn = counted.turn;
      }
      if ((await record(missing, turn)) && found.length === 0)
        return wanted.map(({ id, intent: { fingerprint, job }, lease }) => ({
          ...{ id, revision: 1, fingerprint, job, lease },
        }));
    }
  }

  // One at a time within a process, so that only replicas race.
  return async (...given) => {
    for (const { job } of given[0]) checkSize(job);
    const before = last;
    const waited = new AbortController();
    const late = clock.sleep(MAX_TURN, waited.signal).catch(() => {});
    const reserved = Promise.race([before, late]).then(() => {
      waited.abort();
      return reserve(...given);
    });
    last = reserved.catch(() => {});
    return reserved;
  };
}

/** Throws `invalid_input` for a job whose input is larger than a record takes. */
function checkSize({ input }: Job): void {
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes <= MAX_INPUT) return;
  const kB = (size: number) => `${Math.ceil(size / 1024)} kB`;
  throw new ToolError(
    'invalid_input',
    `The input is too large for this server's records: ${kB(bytes)} of at most ${kB(MAX_INPUT)}.`,
    { next: 'Shorten the input, such as its prompt.' },
  );
}

function jobOf({ submitted_at, state, cost_usd, job }: Counted): Job {
  if (job !== null) return parseJson(job) as Job;
  return {
    model: '',
    input: {},
    state,
    submitted_at: submitted_at.toISOString(),
    ...(cost_usd !== null && { cost_usd }),
  };
}
