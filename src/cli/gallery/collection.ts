import type { Config } from '../../config/config.ts';
import { ToolError } from '../../errors.ts';
import { createDownloader, type Download } from '../../images/download.ts';
import { ImageError } from '../../images/image-error.ts';
import type { JobOutput } from '../../images/library/job-output.ts';
import { mimeType } from '../../images/media-type.ts';
import { type Preview, renderPreview } from '../../images/preview.ts';
import { isTrustedOutput, loopbackOrigin } from '../../images/trust.ts';
import { ACTIVE_STATES, type Job, jobOutputs } from '../../jobs/job.ts';
import type { Program } from '../../program.ts';
import { elapsedSeconds } from '../../tools/support/job-words.ts';

const MAX_PROMPT = 2_000;

export type Collection = ReturnType<typeof createCollection>;

/** The recorded jobs, for the page. Methods throw ToolError, or the signal's reason. */
export function createCollection({ store, jobs, originals }: Program, config: Config) {
  let listed = new Map<string, Job>();
  // Each server's sandbox has its own port.
  const ownOrigin = (job: Job) => {
    const url = (config.sandbox && job.urls?.[0]) || config.baseUrl;
    return URL.canParse(url) ? loopbackOrigin(url) : undefined;
  };
  const asRow = (id: string, job: Job) => rowOf(id, job, ownOrigin(job), !config.sandbox);

  /** An image of a job scaled down: from the library, else from its link, and then kept. Throws ToolError. */
  async function pictureOf(output: JobOutput, url: string, signal: AbortSignal) {
    const known = await originals.kept(output);
    const small = known && (await originals.thumbnail(known));
    if (small) return small;
    // Each sandbox is trusted for its own jobs only, which the program's downloads cannot know.
    const found = known
      ? await originals.open(output, signal)
      : await createDownloader(ownOrigin(output.job))(url, signal).catch(sayIfKept(output));
    const rendering = renderPreview(found.data, found.type, originals.areKept ? 'small' : 'large');
    if (!known && originals.areKept) void originals.keep(output, found, rendering);
    return scaledDown(found, rendering);
  }

  return {
    /** All jobs, newest first. */
    async list() {
      const found = new Map<string, Job>();
      for await (const { id, job } of store.newest({ skipUnreadable: true })) found.set(id, job);
      listed = found;
      return [...found].map(([id, job]) => asRow(id, job));
    },
    /** One image of a listed job, by its index; undefined if there is none. */
    async picture(id: string, index: number, signal: AbortSignal) {
      const listedJob = listed.get(id);
      const url = listedJob?.urls?.[index];
      if (!listedJob || url === undefined) return undefined;
      // It may have been kept since.
      const stored = await store.byRequestId(listedJob.request_id ?? '');
      return pictureOf({ job: stored?.job ?? listedJob, index }, url, signal);
    },
    /** Polls a listed job once. This is no delivery to the agent that submitted it. */
    async collect(id: string, signal: AbortSignal) {
      const requestId = listed.get(id)?.request_id;
      if (requestId === undefined || config.sandbox) return undefined;
      const job = await jobs.peek(requestId, signal);
      listed.set(id, job);
      return asRow(id, job);
    },
  };
}

/** A recorded job as the page gets it. */
function rowOf(id: string, job: Job, own: string | undefined, isService: boolean) {
  const { state, model, input, request_id, submitted_at, queue_position, cost_usd, error } = job;
  return {
    id,
    status: state,
    model,
    prompt: typeof input.prompt === 'string' ? input.prompt.slice(0, MAX_PROMPT) : undefined,
    pictures: jobOutputs(job).map(({ url, kind }, index) => ({
      url,
      kind: kind === 'image' ? undefined : kind,
      trusted: isTrustedOutput(url, own),
      thumbnail: `pictures/${id}/${index}`,
    })),
    request_id,
    submitted_at,
    queue_position,
    elapsed_seconds: job.finished_at === undefined ? undefined : elapsedSeconds(job, 0),
    cost_usd,
    error,
    /** Whether RunComfy may have news of it. */
    open: isService && request_id !== undefined && ACTIVE_STATES.includes(state),
  };
}

/** Adds to why a picture cannot be fetched that the library has lost it: only what it had has a thumbnail. */
const sayIfKept =
  ({ job, index }: JobOutput) =>
  (error: unknown): never => {
    if (!(error instanceof ImageError) || !job.originals?.[index]?.thumbnail) throw error;
    throw new ImageError(`${error.reason}, and the library no longer has it`, { cause: error });
  };

/** The preview of an image; the image as it is without sharp. Throws ToolError. */
async function scaledDown({ type, data }: Download, rendering: Promise<{ preview: Preview }>) {
  try {
    return (await rendering).preview;
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'sharp_missing') throw error;
    return { data, mimeType: mimeType(type) };
  }
}
