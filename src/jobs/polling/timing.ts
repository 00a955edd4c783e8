import type { Job, RunTiming } from '../job.ts';

// Polls of one job follow each other within this time, in ms. If they do not, the machine slept or its clock jumped.
const MAX_BETWEEN = 60_000;
// A run time is a sample if it is known within this many ms or within this share. Polls lie up to 5 s apart in the
// queue and 10 s in the run, and every job that they saw must be a sample: without those that ended in a long interval,
// what is learned would be too long and too sure (simulated: a quarter more waiting where run times differ widely).
const CLOSE_MS = 8_000;
const CLOSE_SHARE = 0.3;

const isClose = (from: number | undefined, to: number): from is number =>
  from !== undefined && to >= from && to - from <= MAX_BETWEEN;

/** What a record tells. */
export function recordedTiming({ started_at, started_within_seconds: within }: Job): RunTiming {
  const startedAt = Date.parse(started_at ?? '');
  if (Number.isNaN(startedAt)) return {};
  return { startedAt, ...(within !== undefined && { startedWithin: within * 1000 }) };
}

/** What is known after a poll at `now` that saw the job queued or running. */
export function timingAfter(timing: RunTiming, state: 'in_queue' | 'in_progress', now: number): RunTiming {
  if (state === 'in_queue') return { seenAt: now };
  const { seenAt, startedAt, startedWithin } = timing;
  if (startedAt === undefined) {
    if (!isClose(seenAt, now)) return { seenAt: now, startedAt: now };
    return { seenAt: now, startedAt: (seenAt + now) / 2, startedWithin: (now - seenAt) / 2 };
  }
  const isSteady = startedWithin !== undefined && (seenAt === undefined || isClose(seenAt, now));
  return { seenAt: now, startedAt, ...(isSteady && { startedWithin }) };
}

/** RunComfy's own times of a job, and ours of its submit, in ms since the epoch. */
export interface ReportedTimes {
  submittedAt: number;
  createdAt: number;
  finishedAt: number;
}

/**
 * What is known after a poll at `now` that saw the job succeeded. Start and end each lie between two polls. The end that
 * RunComfy reports is exact: it is counted from the submit, so that the two clocks need not agree, and used if it lies
 * between those polls; then a job that is read long after its end is a sample too.
 */
export function timingAtEnd(timing: RunTiming, now: number, reported?: ReportedTimes): RunTiming {
  const { seenAt, startedAt, startedWithin = Number.NaN } = timing;
  if (startedAt === undefined ? !isClose(seenAt, now) : seenAt !== undefined && !isClose(seenAt, now))
    return timing;
  const [start, latestStart] =
    startedAt === undefined
      ? [seenAt as number, now]
      : [startedAt - startedWithin, startedAt + startedWithin];
  let [end, latestEnd] = [Math.max(start, seenAt ?? start), now];
  const exact = reported && reported.submittedAt + reported.finishedAt - reported.createdAt;
  if (exact !== undefined && exact >= end && exact <= latestEnd) [end, latestEnd] = [exact, exact];
  const shortest = Math.max(0, end - latestStart);
  const longest = latestEnd - start;
  const ranMs = (shortest + longest) / 2;
  return longest - ranMs <= Math.max(CLOSE_MS, CLOSE_SHARE * ranMs) ? { ...timing, ranMs } : timing;
}
