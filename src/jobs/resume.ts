import { LEASE, type Self } from './follower.ts';
import type { Held } from './held.ts';
import type { Job } from './job.ts';
import type { Entry, Ledger } from './ledger.ts';
import { fingerprintOf } from './record.ts';

/** An earlier job of the same call whose outcome reached nobody. */
export type Earlier =
  /** It was accepted, and is this call's now. */
  | { kind: 'job'; entry: Entry; requestId: string }
  /** It was cut off while it was submitted: whether it exists is unknown. */
  | { kind: 'in_doubt'; entry: Entry };

// An older job is no retry any more: who asks again a day later wants a new picture. In ms.
const RESUMED_WITHIN = 24 * 3_600_000;

/**
 * Finds the job that a repeated call should get instead of paying again, and takes it over. Not reused are jobs
 * whose outcome was delivered, that failed or were cancelled, and that anybody follows: a second identical call
 * is then a wish for a second picture.
 */
export async function findEarlier(
  wanted: Pick<Job, 'api' | 'model' | 'input'>,
  tools: { ledger: Ledger; self: Self; held: Held; now: number; call: AbortSignal },
): Promise<Earlier | undefined> {
  const { ledger, self, held, now, call } = tools;
  const since = new Date(now - RESUMED_WITHIN).toISOString();
  for await (const entry of ledger.newest({ since, fingerprint: fingerprintOf(wanted) })) {
    const { state, delivered_at, request_id } = entry.job;
    if (delivered_at !== undefined || state === 'failed' || state === 'cancelled') continue;
    if (held.isTaken(entry.name) || self.isFollowedByOther(entry.job, now)) continue;
    held.take(entry.name, call);
    // Of several processes that find it, one takes it over; the others go on to the next.
    const claimed = await ledger.claim(entry, { ...entry.job, follower: self.lease(now, LEASE) });
    if (!claimed) {
      held.release(entry.name, call);
      continue;
    }
    return request_id === undefined
      ? { kind: 'in_doubt', entry: claimed }
      : { kind: 'job', entry: claimed, requestId: request_id };
  }
  return undefined;
}
