import { ToolError } from '../errors.ts';
import type { Job } from './job.ts';

// Neither words of the user or RunComfy, nor what leads to a picture.
const KEPT: readonly (keyof Job)[] = [
  'model',
  'state',
  'batch',
  'submitted_at',
  'request_id',
  'started_at',
  'finished_at',
  'cost_usd',
  'missing_since',
  'denied_since',
  'delivered_at',
  'deleted_at',
  'estimated_usd',
];
// A call that is made again gets these once, as long as nobody was answered.
const OWED: readonly (keyof Job)[] = ['urls', 'kinds'];

/**
 * What limits and repeated calls need of a job that the user deleted at a time (ISO 8601), and may have cost `mostUsd`. Of
 * one that was deleted before, with what was learned since. Pure.
 */
export function remainderOf(job: Job, deletedAt: string, mostUsd?: number): Job {
  const { deleted_at = deletedAt, estimated_usd = mostUsd } = job;
  const all = { ...job, deleted_at, estimated_usd };
  const kept = job.delivered_at === undefined ? [...KEPT, ...OWED] : KEPT;
  const known = kept.filter((name) => all[name] !== undefined).map((name) => [name, all[name]]);
  return { ...(Object.fromEntries(known) as Pick<Job, 'model' | 'state'>), input: {} };
}

/** The user deleted a job, or all jobs of a batch. */
export class DeletedError extends ToolError {
  constructor(what: string) {
    super('unknown_request', `The user deleted ${what}, with the prompt and all that it made.`, {
      next: 'Do without it, and make it again only if the user asks for that.',
    });
  }
}
