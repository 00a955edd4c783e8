import type { Self } from './follower.ts';
import type { Job } from './job.ts';
import type { Entry, Ledger } from './ledger.ts';
import { fingerprintOf, parseName } from './record.ts';

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
  call: Pick<Job, 'api' | 'model' | 'input'>,
  tools: { ledger: Ledger; self: Self; now: number; isBusy: (entry: Entry) => boolean },
): Promise<Earlier | undefined> {
  const { ledger, self, now, isBusy } = tools;
  const since = new Date(now - RESUMED_WITHIN).toISOString();
  for await (const entry of ledger.newest({ since, fingerprint: fingerprintOf(call) })) {
    const { state, delivered_at, request_id } = entry.job;
    if (delivered_at !== undefined || state === 'failed' || state === 'cancelled') continue;
    if (isBusy(entry) || self.isFollowedByOther(entry.job, now)) continue;
    // Of several processes that find it, one takes it over; the others go on to the next.
    const claimed = await ledger.claim(entry);
    if (!claimed) continue;
    return request_id === undefined
      ? { kind: 'in_doubt', entry: claimed }
      : { kind: 'job', entry: claimed, requestId: request_id };
  }
  return undefined;
}

/** What a job's record is known by, whatever its generation. */
export function recordId(name: string): string {
  const parsed = parseName(name);
  return parsed ? `${parsed.submittedAt}-${parsed.fingerprint}-${parsed.nonce}` : name;
}
