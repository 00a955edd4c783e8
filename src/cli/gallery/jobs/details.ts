import { whereabouts } from '../../../images/library/whereabouts.ts';
import { formatHandle, parseHandle } from '../../../jobs/handle.ts';
import { isDeleted, jobOutputs } from '../../../jobs/job.ts';
import type { StoredJob } from '../../../jobs/store.ts';
import type { Program } from '../../../program.ts';
import type { GalleryDetails, GalleryReference } from '../../../view/gallery-api.ts';
import { givenInput } from './input.ts';
import { promptOf, rowOf } from './rows.ts';
import { partsOf } from './settings.ts';

// In characters. Longer than any model takes.
const MAX_PROMPT = 100_000;

/** A recorded job with all that is known of it. */
export async function detailsOf(
  stored: StoredJob,
  own: string | undefined,
  { originals, jobs, store }: Pick<Program, 'originals' | 'jobs' | 'store'>,
): Promise<GalleryDetails> {
  const { job } = stored;
  const row = rowOf(stored, own);
  const { prompt, ...rest } = job.input;
  const { settings, references } = partsOf(typeof prompt === 'string' ? rest : job.input);
  const { missing, saved } = await whereabouts(job, originals);
  const estimate = job.cost_usd === undefined ? (await jobs.estimator())(job) : undefined;
  const outputs = jobOutputs(job);
  return {
    ...row,
    prompt: promptOf(job, MAX_PROMPT),
    settings,
    ...givenInput(job.input),
    references: await Promise.all(references.map(find)),
    estimate,
    outputs: row.outputs.map((output, index) => ({
      ...output,
      url: outputs[index]?.url ?? '',
      handle: formatHandle(job.request_id ?? '', index),
      type: job.originals?.[index]?.type,
      bytes: job.originals?.[index]?.bytes,
      kept: missing !== undefined && !missing.has(index + 1),
      saved: saved.filter((path) => job.originals?.[index]?.saved?.includes(path)),
    })),
  };

  async function find(reference: GalleryReference): Promise<GalleryReference> {
    const { requestId, index } = parseHandle(reference.text) ?? {};
    const from = requestId === undefined ? undefined : await store.byRequestId(requestId);
    if (!from || index === undefined || isDeleted(from.job) || index >= jobOutputs(from.job).length)
      return reference;
    return { ...reference, job: { id: from.id, index } };
  }
}
