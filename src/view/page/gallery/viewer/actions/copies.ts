import type { GalleryDetails } from '../../../../gallery-api.ts';
import { toolOf } from '../../models.ts';
import { requestAgain, requestEdit, requestVariations } from '../requests.ts';

export type Copied = 'prompt' | 'handle' | 'again' | 'edit' | 'variations';

// Every model takes seeds up to here.
const MAX_SEED = 1_000_000_000;

const COPIED: Record<Copied, string> = {
  prompt: 'Prompt copied',
  handle: 'Handle copied',
  again: 'Request copied. Paste it to your agent.',
  edit: 'Request copied. Paste it to your agent, and add what to change.',
  variations: 'Request copied. Paste it to your agent.',
};

/** What is said once it is copied. */
export function saidOf(what: Copied, { cut }: GalleryDetails): string {
  const isWhole = cut.length === 0 || (what !== 'again' && what !== 'variations');
  return isWhole ? COPIED[what] : `Request copied, but some of it was too long: ${cut.join(', ')}.`;
}

/** What is copied about an output of a job, or about a job without any; undefined if there is no such thing. */
export function textToCopy(what: Copied, job: GalleryDetails, index: number): string | undefined {
  if (what === 'prompt') return job.prompt;
  const [, tool = '', isSeeded = false] = toolOf(job.model) ?? [];
  const output = job.outputs[index];
  if (what === 'again') return requestAgain({ ...output, job, tool, isSeeded });
  if (!output) return undefined;
  const { handle, kind } = output;
  if (what === 'handle') return handle;
  const requested = { job, handle, kind, tool, isSeeded };
  return what === 'edit'
    ? requestEdit(requested)
    : requestVariations(requested, Math.floor(Math.random() * MAX_SEED));
}
