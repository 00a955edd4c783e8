import { unlessAborted } from '../../clock.ts';
import { ToolError } from '../../errors.ts';
import type { Outcome, Wait } from '../calls.ts';
import type { Claim, Claims } from '../claims.ts';
import { DeletedError } from '../deletion.ts';
import type { Follow } from '../follow.ts';
import type { Generate } from '../generate.ts';
import { formatBatch } from '../handle.ts';
import { isDeleted, type Job, UNKNOWN_MODEL } from '../job.ts';
import type { JobsOptions } from '../options.ts';
import type { StoredJob } from '../store.ts';
import { type BatchOutcome, type Member, prefixOfId } from './batch.ts';
import { createMembers } from './members.ts';

type FollowOptions = Pick<JobsOptions, 'store' | 'isShared' | 'calls' | 'runTimes'> &
  Pick<Generate, 'resume'> & { claims: Claims; follow: Follow };

const indexOf = ({ batch }: Job): number => batch?.index ?? 0;

/** The recorded jobs of a batch, in its order, also what is left of deleted ones. Throws `unknown_request` if there are none. */
export async function jobsOfBatch(
  { store, isShared }: Pick<JobsOptions, 'store' | 'isShared'>,
  id: string,
): Promise<StoredJob[]> {
  const found: StoredJob[] = [];
  const query = { fingerprint: prefixOfId(id), skipUnreadable: true, withDeleted: true } as const;
  for await (const stored of store.newest(query)) if (stored.job.batch?.id === id) found.push(stored);
  if (found.length > 0) return found.sort((a, b) => indexOf(a.job) - indexOf(b.job));
  const place = isShared ? 'server' : 'machine';
  throw new ToolError('unknown_request', `No job of ${formatBatch(id)} is recorded on this ${place}.`, {
    next: 'Check the name, or see list_image_jobs.',
  });
}

/** Makes what follows a batch that an earlier call began. */
export function createFollowBatch(options: FollowOptions) {
  const { calls, claims, runTimes, follow, resume } = options;

  async function followOne(claim: Claim, wait: Wait): Promise<Outcome> {
    const { request_id, state } = claim.job;
    if (request_id !== undefined) return follow(claim, request_id, { firstInterval: 0 }, wait);
    if (state !== 'reserved' || !claim.isActive) return resume(claim, wait);
    await claim.handOver();
    throw notSubmitted();
  }

  /** What is told of a job that the user deleted: its links are for the call that is made again. */
  async function leaveDeleted(index: number, claim: Claim): Promise<Member> {
    await claim.handOver();
    const { urls: _, kinds: __, ...job } = claim.job;
    return { index, model: job.model, job };
  }

  return (id: string, wait: Wait): Promise<BatchOutcome> =>
    calls.open(wait, prefixOfId(id), async () => {
      const abandoned = calls.abandoned(prefixOfId(id), wait.call);
      if (abandoned.length > 0) {
        // Another account does not wait for it: that would tell that there is such a batch.
        await jobsOfBatch(options, id);
        // A call for it whose client gave up still holds it for a moment.
        await unlessAborted(Promise.all(abandoned), wait.signal);
      }
      const stored = await jobsOfBatch(options, id);
      if (stored.every(({ job }) => isDeleted(job))) throw new DeletedError(formatBatch(id));
      const { waitOf, follow: gatherOne, gather } = createMembers(wait);
      await runTimes.loadHistory();
      const following = stored.map(async (one) => {
        const index = indexOf(one.job);
        const claim = await claims.claim(one, waitOf(index));
        if (isDeleted(claim.job)) return leaveDeleted(index, claim);
        return gatherOne(index, claim, followOne(claim, waitOf(index)));
      });
      const recorded = new Set(stored.map(({ job }) => indexOf(job)));
      const size = stored[0]?.job.batch?.size ?? 0;
      const absent = [...Array(size).keys()]
        .filter((index) => !recorded.has(index))
        .map((index): Member => ({ index, model: UNKNOWN_MODEL, error: notSubmitted() }));
      return { id, members: await gather(following, absent), resumed: false };
    });
}

const notSubmitted = (): ToolError =>
  new ToolError('not_submitted', 'It was not submitted.', {
    next: 'Call make_images for it again if it is still wanted.',
  });
