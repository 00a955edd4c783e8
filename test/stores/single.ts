import type { Intent, JobStore, LimitCheck, StoredJob } from '../../src/jobs/store.ts';

/** Reserves the one job of a call. */
export async function reserve(
  store: JobStore,
  intent: Intent,
  call: string,
  check?: LimitCheck,
): Promise<StoredJob> {
  const [stored] = await store.reserve([intent], call, check);
  return stored as StoredJob;
}

/** Leases the one job that a call repeats. */
export async function claimRepeat(
  store: JobStore,
  ...given: Parameters<JobStore['claimRepeat']>
): Promise<StoredJob | undefined> {
  const [stored] = await store.claimRepeat(...given);
  return stored;
}
