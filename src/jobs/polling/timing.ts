import type { Job, RunTiming } from '../job.ts';

/** RunComfy's own times of a job, and ours of its submit, in ms since the epoch. */
export interface ReportedTimes {
  submittedAt: number;
  createdAt: number;
  finishedAt: number;
}

// Looks of one watch follow each other within this time, in ms. Where they do not, the machine slept or its clock jumped.
const MAX_BETWEEN = 60_000;
// A run time isSample if it is known within this many ms or within this share. Looks of one watch lie up to 5 s apart in
// the queue and 10 s in the run, and every job that they saw must teach: were those left out that ended in a long interval,
// what is learned would be too long and too sure (simulated: a quarter more waiting where run times differ widely).
const CLOSE_MS = 8_000;
const CLOSE_SHARE = 0.3;

const isClose = (from: number | undefined, to: number): from is number =>
  from !== undefined && to >= from && to - from <= MAX_BETWEEN;

/** What a record tells. */
export function recordedTiming({ started_at, started_within_seconds: within }: Job): RunTiming {
  const startedAt = Date.parse(started_at ?? '');
  if (Number.isNaN(startedAt)) return {};
  return { startedAt, ...(typeof within === 'number' && { startedWithin: within * 1000 }) };
}

/** What is known after a look at `now` that saw the job queued or running. */
export function timingAfter(timing: RunTiming, state: 'in_queue' | 'in_progress', now: number): RunTiming {
  if (state === 'in_queue') return { seenAt: now };
  const { seenAt, startedAt, startedWithin } = timing;
  if (startedAt === undefined) {
    if (!isClose(seenAt, now)) return { seenAt: now, startedAt: now };
    return { seenAt: now, startedAt: (seenAt + now) / 2, startedWithin: (now - seenAt) / 2 };
  }
  const goesOn = startedWithin !== undefined && (seenAt === undefined || isClose(seenAt, now));
  return { seenAt: now, startedAt, ...(goesOn && { startedWithin }) };
}

/**
 * What is known after a look at `now` that saw the job succeeded. Start and end each lie between two looks. The end
 * that RunComfy tells is exact: it is counted from the submit, so that the two clocks need not agree, and taken
 * where it lies between those looks; then a job that is collected long after its end isSample too.
 */
export function timingAtEnd(timing: RunTiming, now: number, told?: ReportedTimes): RunTiming {
  const { seenAt, startedAt, startedWithin = Number.NaN } = timing;
  if (startedAt === undefined ? !isClose(seenAt, now) : seenAt !== undefined && !isClose(seenAt, now))
    return timing;
  const [start, latestStart] =
    startedAt === undefined
      ? [seenAt as number, now]
      : [startedAt - startedWithin, startedAt + startedWithin];
  let [end, latestEnd] = [Math.max(start, seenAt ?? start), now];
  const exact = told && told.submittedAt + told.finishedAt - told.createdAt;
  if (exact !== undefined && exact >= end && exact <= latestEnd) [end, latestEnd] = [exact, exact];
  const shortest = Math.max(0, end - latestStart);
  const longest = latestEnd - start;
  const ranMs = (shortest + longest) / 2;
  return longest - ranMs <= Math.max(CLOSE_MS, CLOSE_SHARE * ranMs) ? { ...timing, ranMs } : timing;
}
