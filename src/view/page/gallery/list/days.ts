import { sumCosts } from '../../../../jobs/spending/totals.ts';
import type { GalleryJob } from '../../../gallery-api.ts';
import { dollarsForPeople } from '../../shared/dollars.ts';
import { counted } from '../words.ts';

/** What was asked for on one day. */
export interface Day {
  /** `2026-01-31` where the reader is; empty for what nobody knows the time of. */
  date: string;
  jobs: GalleryJob[];
}

const dates = new WeakMap<GalleryJob, string>();
const two = (value: number): string => String(value).padStart(2, '0');

/** A day as an `<input type="date">` writes it, where the reader is. */
export const dateOf = (time: Date): string =>
  `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;

/** The day of a job; empty if that is not known. */
export function dateOfJob(job: GalleryJob): string {
  let date = dates.get(job);
  if (date === undefined) {
    const time = new Date(job.submitted_at ?? job.finished_at ?? Number.NaN);
    date = Number.isNaN(time.getTime()) ? '' : dateOf(time);
    dates.set(job, date);
  }
  return date;
}

/** What is shown of a day's jobs, in that order: jobs without a picture (index -1) first, then pictures. */
export const entriesOf = ({ jobs }: Day): { job: GalleryJob; index: number }[] => [
  ...jobs.filter(({ outputs }) => outputs.length === 0).map((job) => ({ job, index: -1 })),
  ...jobs.flatMap((job) => job.outputs.map((_, index) => ({ job, index }))),
];

/** The days of jobs, in the order in which they come. */
export function daysOf(jobs: readonly GalleryJob[]): Day[] {
  const days = new Map<string, Day>();
  for (const job of jobs) {
    const date = dateOfJob(job);
    const day = days.get(date);
    if (day) day.jobs.push(job);
    else days.set(date, { date, jobs: [job] });
  }
  return [...days.values()];
}

/** What a day is called, in the reader's language but for the nearest ones. */
export function dayTitle(date: string, now: Date): string {
  if (date === '') return 'Undated';
  if (date === dateOf(now)) return 'Today';
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (date === dateOf(yesterday)) return 'Yesterday';
  // Noon, not midnight: some days begin later where clocks change.
  const day = new Date(`${date}T12:00`);
  const year = day.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return day.toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long', year });
}

/** How many pictures jobs made, and what that cost where it was reported. */
export function sumWords(jobs: readonly GalleryJob[]): string {
  const pictures = jobs.reduce((sum, { outputs }) => sum + outputs.length, 0);
  const { usd, reported } = sumCosts(jobs, () => '');
  const words = counted(pictures, 'picture');
  return reported > 0 ? `${words} · ${dollarsForPeople(usd)}` : words;
}
