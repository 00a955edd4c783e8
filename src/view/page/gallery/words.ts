import type { GalleryJob } from '../../gallery-api.ts';
import { stateWords } from '../shared/job.ts';

const numbers = new Intl.NumberFormat('en-US');

/** `1 picture`, `1,200 pictures` */
export const counted = (count: number, noun: string): string =>
  `${numbers.format(count)} ${noun}${count === 1 ? '' : 's'}`;

/** How long a job has been under way: `42 s`, `3 min 5 s`. Empty if its start is not known. */
export function waitWords({ submitted_at, started_at, status }: GalleryJob, now: number): string {
  const since = Date.parse((status === 'in_progress' && started_at) || (submitted_at ?? ''));
  if (Number.isNaN(since)) return '';
  const seconds = Math.max(0, Math.floor((now - since) / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const TITLES: Partial<Record<GalleryJob['status'], string>> = {
  succeeded: 'Done, without a picture',
  unknown: 'Unknown',
};
export const MAY_EXIST = 'It may exist and be charged: see your RunComfy account.';

/** How a job without a picture gets on, in words: `In the queue, position 3`. */
export const stateTitle = (job: GalleryJob): string => TITLES[job.status] ?? stateWords(job);

/** A text from outside as one line of at most so many characters. */
export function oneLine(text: string, max: number): string {
  const line = text
    .slice(0, max * 2)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > max ? `${line.slice(0, max)}…` : line;
}
