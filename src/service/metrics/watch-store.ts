import type { Clock } from '../../clock.ts';
import { isFinal, type Job } from '../../jobs/job.ts';
import type { JobStore, StoredJob } from '../../jobs/store.ts';
import type { Meters } from './meters.ts';
import { timed } from './timed.ts';

interface Options {
  meters: Meters;
  clock: Clock;
  modelLabel: (modelId: string) => string;
  tenantLabel: (tenant: string) => string;
  /** The jobs that calls of this process hold, in all its stores. */
  held: Set<string>;
}

/**
 * The same store, whose operations are timed and whose jobs are counted. What happens to a job is counted by the write
 * that recorded it: of several processes, and of observations that come twice, one makes the change.
 */
export function watchStore(store: JobStore, options: Options): JobStore {
  const { meters, clock, modelLabel, held } = options;
  const tenant = options.tenantLabel(store.account.tenant);
  const keyOf = (id: string, call: string) => JSON.stringify([store.account, id, call]);

  const watched = <Result>(operation: keyof JobStore, work: () => Promise<Result>): Promise<Result> =>
    timed(clock, work, (outcome, ms) =>
      meters.observe('runcomfy_store_operation_duration_seconds', { operation, outcome }, ms),
    );

  /** Whether the call did not hold the job before. */
  function hold({ id }: StoredJob, call: string): boolean {
    const key = keyOf(id, call);
    if (held.has(key)) return false;
    held.add(key);
    meters.add('runcomfy_open_jobs', { tenant }, 1);
    return true;
  }

  function letGo(id: string, call: string): void {
    if (held.delete(keyOf(id, call))) meters.add('runcomfy_open_jobs', { tenant }, -1);
  }

  function countChange(before: Job, after: Job, written: Job): void {
    const model = modelLabel(after.model);
    if (!isFinal(before.state) && isFinal(after.state) && written.state === after.state)
      meters.count('runcomfy_jobs_total', { model, outcome: after.state });
    const wasBeingSent = before.state === 'reserved' || before.state === 'submitting';
    if (wasBeingSent && after.state === 'unknown') meters.count('runcomfy_submits_unknown_total', { model });
    if (before.cost_usd === undefined && written.cost_usd === after.cost_usd)
      meters.count('runcomfy_spent_usd_total', { tenant }, after.cost_usd ?? 0);
  }

  return {
    account: store.account,
    approvals: store.approvals,
    check: store.check,
    newest: store.newest,
    async reserve(intents, call, check) {
      const reserved = await watched('reserve', () => store.reserve(intents, call, check));
      for (const stored of reserved) hold(stored, call);
      return reserved;
    },
    maySubmit: (id, call) => watched('maySubmit', () => store.maySubmit(id, call)),
    accepted: (stored, requestId) => watched('accepted', () => store.accepted(stored, requestId)),
    async update(id, change) {
      // It runs again where another writer was faster: the last run is what was written.
      let last: [before: Job, after: Job] | undefined;
      const stored = await watched('update', () =>
        store.update(id, (before) => {
          const after = change(before);
          last = [before, after];
          return after;
        }),
      );
      if (stored && last) countChange(...last, stored.job);
      return stored;
    },
    discard(id, call, lead) {
      letGo(id, call);
      return watched('discard', () => store.discard(id, call, lead));
    },
    async claimRepeat(fingerprint, since, by) {
      const found = await watched('claimRepeat', () => store.claimRepeat(fingerprint, since, by));
      for (const stored of found)
        if (stored.lease?.call === by.id && hold(stored, by.id)) meters.count('runcomfy_takeovers_total', {});
      return found;
    },
    async lease(id, call, how) {
      const leased = await watched('lease', () => store.lease(id, call, how));
      if (leased?.lease?.call === call) hold(leased, call);
      return leased;
    },
    delete: (id, mostUsd) => watched('delete', () => store.delete(id, mostUsd)),
    release(id, call, deliveredAt) {
      letGo(id, call);
      return watched('release', () => store.release(id, call, deliveredAt));
    },
    unfollowed: store.unfollowed,
    async giveUp(stored) {
      const ended = await watched('giveUp', () => store.giveUp(stored));
      // A reservation that is withdrawn was no job.
      if (ended?.job.state === 'unknown') countChange(stored.job, ended.job, ended.job);
      return ended;
    },
    byRequestId: (requestId, query) => watched('byRequestId', () => store.byRequestId(requestId, query)),
    takeReads: (count, perSecond) => watched('takeReads', () => store.takeReads(count, perSecond)),
    prune: (now, keep) => watched('prune', () => store.prune(now, keep)),
  };
}
