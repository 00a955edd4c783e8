import type { Config } from '../../config/config.ts';
import { ToolError } from '../../errors.ts';
import { createDownloader } from '../../images/download.ts';
import { mimeType } from '../../images/media-type.ts';
import { renderPreview } from '../../images/preview.ts';
import { isTrustedOutput, loopbackOrigin } from '../../images/trust.ts';
import { ACTIVE_STATES, type Job } from '../../jobs/job.ts';
import type { Program } from '../../program.ts';
import { elapsedSeconds } from '../../tools/support/job-words.ts';

const MAX_PROMPT = 2_000;

export type Collection = ReturnType<typeof createCollection>;

/** The recorded jobs, for the page. Methods throw ToolError, or the signal's reason. */
export function createCollection({ store, jobs }: Program, config: Config) {
  let listed = new Map<string, Job>();
  // Each server's sandbox has its own port.
  const ownOrigin = (job: Job) => {
    const url = (config.sandbox && job.urls?.[0]) || config.baseUrl;
    return URL.canParse(url) ? loopbackOrigin(url) : undefined;
  };
  const asRow = (id: string, job: Job) => rowOf(id, job, ownOrigin(job), !config.sandbox);

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
      const job = listed.get(id);
      const url = job?.urls?.[index];
      return job && url !== undefined ? thumbnail(url, ownOrigin(job), signal) : undefined;
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
  const { state, model, input, request_id, submitted_at, queue_position, cost_usd, error, urls = [] } = job;
  return {
    id,
    status: state,
    model,
    prompt: typeof input.prompt === 'string' ? input.prompt.slice(0, MAX_PROMPT) : undefined,
    pictures: urls.map((url, index) => ({
      url,
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

/** An image scaled down; as it is without sharp. Throws ToolError, or the signal's reason. */
export async function thumbnail(url: string, loopbackOrigin: string | undefined, signal: AbortSignal) {
  const { type, data } = await createDownloader(loopbackOrigin)(url, signal);
  try {
    return (await renderPreview(data, type, 'large')).preview;
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'sharp_missing') throw error;
    return { data, mimeType: mimeType(type) };
  }
}
