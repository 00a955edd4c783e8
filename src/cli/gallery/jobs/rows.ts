import { isTrustedOutput } from '../../../images/trust.ts';
import { type Job, jobOutputs } from '../../../jobs/job.ts';
import type { StoredJob } from '../../../jobs/store.ts';
import { shorten } from '../../../runcomfy/sanitize.ts';
import type { GalleryJob } from '../../../view/gallery-api.ts';

// In characters, and outputs. Records may have been written by anything.
const [MAX_PROMPT, MAX_NAME, MAX_ERROR, MAX_OUTPUTS] = [2_000, 200, 2_000, 100];

/** A recorded job as the list shows it; `own` is the origin of an API on this machine. */
export function rowOf({ id, revision, job }: StoredJob, own: string | undefined): GalleryJob {
  const { state, model, input, request_id, submitted_at, started_at, finished_at } = job;
  const { queue_position, cost_usd, error, favourite, batch } = job;
  return {
    ...{ id, revision, status: state, request_id, submitted_at, started_at, finished_at },
    ...{ queue_position, cost_usd, favourite, batch },
    model: shorten(model, MAX_NAME),
    error: error === undefined ? undefined : shorten(error, MAX_ERROR),
    prompt: promptOf(job, MAX_PROMPT),
    aspect: aspectOf(input),
    outputs: jobOutputs(job)
      .slice(0, MAX_OUTPUTS)
      .map(({ url, kind }, index) => ({
        kind,
        width: job.originals?.[index]?.width,
        height: job.originals?.[index]?.height,
        trusted: isTrustedOutput(url, own) ? undefined : false,
      })),
  };
}

/** The prompt of a job, cut to so many characters. */
export const promptOf = ({ input: { prompt } }: Job, max: number): string | undefined =>
  typeof prompt === 'string' ? shorten(prompt, max) : undefined;

/** The width / height that an input asks for: `16:9`, `1536x1024`. */
function aspectOf({ aspect_ratio, image_size, size }: Job['input']): number | undefined {
  const asked = [aspect_ratio, image_size, size].find((one) => typeof one === 'string') ?? '';
  const [, width, height] = /^([1-9]\d{0,4})[:x*]([1-9]\d{0,4})$/.exec(asked as string) ?? [];
  return width === undefined ? undefined : Number(width) / Number(height);
}
