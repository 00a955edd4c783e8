import type { GalleryJob } from '../../../gallery-api.ts';
import { dateOfJob } from '../list/days.ts';

/** What narrows the list; what is empty does not. */
export interface Filter {
  words: string;
  model: string;
  /** A key of GROUPS. */
  state: string;
  favourites: boolean;
  /** Days (`2026-01-31`), both within. */
  from: string;
  to: string;
}

export const NO_FILTER: Filter = { words: '', model: '', state: '', favourites: false, from: '', to: '' };

const WAITING = ['reserved', 'submitting', 'in_queue', 'in_progress'];
/** States as people tell them apart: what each is called, and which states of a job it means. */
export const GROUPS: Record<string, { label: string; states: readonly string[] }> = {
  waiting: { label: 'On the way', states: WAITING },
  succeeded: { label: 'Done', states: ['succeeded'] },
  failed: { label: 'Failed', states: ['failed'] },
  cancelled: { label: 'Cancelled', states: ['cancelled'] },
  unknown: { label: 'Unknown', states: ['unknown'] },
};

/** Finds jobs by filters; `titleOf` names a model for people. */
export function createSearch(titleOf: (model: string) => string) {
  // Once for each job, not at each key that is pressed.
  const texts = new WeakMap<GalleryJob, string>();
  function textOf(job: GalleryJob): string {
    let text = texts.get(job);
    if (text === undefined) {
      const { prompt = '', model, request_id = '' } = job;
      text = fold(`${prompt} ${titleOf(model)} ${request_id}`);
      texts.set(job, text);
    }
    return text;
  }
  return function find(jobs: readonly GalleryJob[], filter: Filter): GalleryJob[] {
    const { model, state, favourites, from, to } = filter;
    const words = fold(filter.words).split(/\s+/).filter(Boolean);
    const states = GROUPS[state]?.states;
    return jobs.filter(
      (job) =>
        (!favourites || job.favourite === true) &&
        (!model || job.model === model) &&
        (!states || states.includes(job.status)) &&
        (!from || dateOfJob(job) >= from) &&
        (!to || (dateOfJob(job) !== '' && dateOfJob(job) <= to)) &&
        words.every((word) => textOf(job).includes(word)),
    );
  };
}

/** The same for what people take for the same. */
const fold = (text: string): string => text.normalize('NFKC').toLowerCase();
