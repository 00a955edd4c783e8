import type { Held } from './held.ts';
import type { Follower, Job } from './job.ts';
import type { LeaseHolder } from './lease-holder.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { Liveness } from './process-identity.ts';
import { fingerprintOf } from './record.ts';

/** An earlier job of the same call whose outcome reached nobody. */
export type Earlier =
  /** It was accepted, and is this call's now. */
  | { kind: 'job'; entry: Entry; requestId: string }
  /** It was cut off while it was submitted: whether it exists is unknown. */
  | { kind: 'in_doubt'; entry: Entry }
  /** Another call took it over in the same moment, and may have ended already: it has to be looked for again. */
  | { kind: 'lost' };

// An older job is no retry any more: who asks again a day later wants a new picture. In ms.
const RESUMED_WITHIN = 24 * 3_600_000;

/**
 * Finds the job that a repeated call should get instead of paying again, and takes it over. Not reused are jobs
 * whose outcome was delivered, that failed or were cancelled, and that anybody follows: a second identical call
 * is then a wish for a second picture. Where it cannot be told whether anybody follows one, a proof is waited for.
 */
export async function findEarlier(
  wanted: Pick<Job, 'api' | 'model' | 'input'>,
  tools: { ledger: Ledger; holder: LeaseHolder; held: Held; now: number; call: AbortSignal },
): Promise<Earlier | undefined> {
  const { ledger, holder, held, now, call } = tools;
  const since = new Date(now - RESUMED_WITHIN).toISOString();
  const fingerprint = fingerprintOf(wanted);
  /** What the wait for a proof told, by session. */
  const proven = new Map<string, Liveness>();
  for (;;) {
    const inDoubt = new Map<string, Follower>();
    for await (const entry of ledger.newest({ since, fingerprint })) {
      const { state, delivered_at, request_id, follower } = entry.job;
      if (delivered_at !== undefined || state === 'failed' || state === 'cancelled') continue;
      if (held.isTaken(entry.name)) continue;
      const seen = holder.otherFollower(entry.job);
      const liveness = seen === 'unknown' ? (proven.get(follower?.session ?? '') ?? seen) : seen;
      if (liveness === 'unknown' && follower) inDoubt.set(follower.session, follower);
      if (liveness !== 'dead') continue;
      held.take(entry.name, call);
      // Of several calls that find it, one takes it over.
      const claimed = await ledger.claim(entry, { ...entry.job, follower: await holder.lease() });
      if (!claimed) {
        held.release(entry.name, call);
        return { kind: 'lost' };
      }
      return request_id === undefined
        ? { kind: 'in_doubt', entry: claimed }
        : { kind: 'job', entry: claimed, requestId: request_id };
    }
    if (inDoubt.size === 0) return undefined;
    const watch = async (follower: Follower) =>
      void proven.set(follower.session, await holder.watch(follower, call));
    await Promise.all([...inDoubt.values()].map(watch));
  }
}
