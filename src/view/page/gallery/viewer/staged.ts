import type { GalleryJob } from '../../../gallery-api.ts';
import { KINDS } from '../../shared/job.ts';
import { titleOf } from '../models.ts';
import { stateTitle } from '../words.ts';
import type { Shown } from './sequence.ts';
import type { Staged } from './stage/stage.ts';

const MAX_NAME = 200;

/** What a job is called: the beginning of its prompt, or its model. */
export function nameOf({ prompt, model }: GalleryJob): string {
  const name = prompt?.trim() || titleOf(model);
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
}

/** An output of a job, or the job if it has none, for the stage; undefined if there is no such thing. */
export function stagedOf(job: GalleryJob | undefined, of: Shown): Staged | undefined {
  const output = job?.outputs[of.index];
  if (!job || (!output && (job.outputs.length > 0 || of.index > 0))) return undefined;
  return { ...of, job, output, aspect: job.aspect, alt: nameOf(job) };
}

/** How those who do not see it hear of it: what it is, and its name. */
export function spokenOf({ job, output }: Staged): [what: string, name: string] {
  if (!output) return ['Job', `${stateTitle(job)}. ${nameOf(job)}`];
  return [output.kind === 'image' ? 'Picture' : KINDS[output.kind], nameOf(job)];
}
