import { isFinal, type Job } from '../jobs/job.ts';

/** In ms: how far limits and repeated calls look back. */
export const DAY = 86_400_000;

/** Whether a job was given up before it was sent, so that it never was one. */
export const isWithdrawn = ({ state, request_id }: Job): boolean =>
  state === 'cancelled' && request_id === undefined;

/** Whether nothing about a job is owed to anybody. One that is only reserved was never sent. */
export const isSettled = ({ state, delivered_at }: Job): boolean =>
  state === 'cancelled' ||
  state === 'reserved' ||
  ((isFinal(state) || state === 'unknown') && delivered_at !== undefined);

/** Whether a call that is made again should get this job instead of a new one. */
export const isUnanswered = ({ state, delivered_at }: Job): boolean =>
  delivered_at === undefined && state !== 'failed' && state !== 'cancelled';

/** A change, or the job as it was where the change would undo an end or a request id. */
export function allowed(before: Job, after: Job): Job {
  const losesId = before.request_id !== undefined && after.request_id !== before.request_id;
  // What is accepted exists, whatever was thought before.
  const isAccepted = before.request_id === undefined && after.request_id !== undefined;
  const reopens = isFinal(before.state) && after.state !== before.state && !isAccepted;
  return losesId || reopens ? before : after;
}

/** A job that is reserved, when its POST is about to go out. */
export const submitting = (job: Job): Job =>
  job.state === 'reserved' ? { ...job, state: 'submitting' } : job;

/** A job after its outcome was told; the first time counts. */
export const delivered = (job: Job, at: string | undefined): Job =>
  at === undefined || job.delivered_at !== undefined ? job : { ...job, delivered_at: at };
