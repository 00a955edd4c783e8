import { isFinal, type Job } from '../jobs/job.ts';

/** In ms: how far limits and repeated calls look back. */
export const DAY = 86_400_000;

/** Whether a job was cancelled before it was sent, so that it never was one. */
export const isWithdrawn = ({ state, request_id }: Job): boolean =>
  state === 'cancelled' && request_id === undefined;

/** Whether nobody is owed an answer for a job. One that is only reserved was never sent. */
export const isSettled = ({ state, delivered_at }: Job): boolean =>
  state === 'cancelled' ||
  state === 'reserved' ||
  ((isFinal(state) || state === 'unknown') && delivered_at !== undefined);
