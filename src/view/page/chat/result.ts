import type { CallFailure } from '../../../errors.ts';
import { FAILURE } from '../../../tools/support/peeked-job.ts';
import { isActive } from '../shared/job.ts';
import type { ToolResult } from './host.ts';
import type { Output, Place, ShownJob } from './job.ts';
import { troubleOf } from './words.ts';

/** A job, or what the answer of a batch says of one: `n` is its number, `reason` why there is no picture. */
interface Member extends Partial<Place> {
  n?: number;
  reason?: string;
  images?: (Output & { n?: number })[];
}

/**
 * A job or a batch in `structuredContent`, of a call or of a peek. This server made it, so its form is known; its texts
 * may be anybody's.
 */
interface Data extends Member {
  request_id?: string;
  /** Its name. */
  batch?: string;
  jobs?: Member[];
  /** Of a batch. */
  total?: number;
  others?: Member[];
}

const NOTHING: Partial<Place> = {};

/** A job after a tool's result, which adds to what was known before. */
export function jobAfter(result: ToolResult, before: ShownJob): ShownJob {
  const { isError, content = [], structuredContent, _meta } = result;
  if (isError || !structuredContent) {
    const text = textOf(result);
    const { request_id = /request_id ([\w-]+)/.exec(text)?.[1], ...failure } =
      // Some hosts pass no _meta on.
      (_meta?.[FAILURE] ?? {}) as CallFailure;
    const job = { ...before, request_id: before.request_id ?? request_id };
    return failedJob(job, { ...failure, trouble: troubleOf(text, failure) });
  }
  const { jobs, total, others = [], batch, images = [], ...state } = structuredContent as Data;
  const isBatch = (jobs ?? total) !== undefined;
  const previews = content
    .filter(({ type }) => type === 'image')
    .map((image) => `data:${image.mimeType};base64,${image.data}`);
  // Where some previews are missing, nothing tells which.
  const areAll = !isBatch && previews.length === images.length;

  function placesOf({ images: outputs = [], n, reason, ...state }: Member, index: number): Place[] {
    const number = n ?? index + 1;
    const { tool, arguments: input } =
      (before.isBatch === isBatch && before.places.find((old) => old.number === number)) || NOTHING;
    // RunComfy's words are quoted, ours are for agents.
    const error = /^"(.*)"$/s.exec(reason ?? '')?.[1];
    const place = { tool, arguments: input, error, ...(state as Place), number };
    if (outputs.length === 0) return [place];
    return outputs.map((output, index) => {
      const known = before.places.find((old) => old.output?.url === output.url)?.output;
      const preview = areAll && { preview: previews[index] };
      return { ...place, number: isBatch ? number : index + 1, output: { ...known, ...preview, ...output } };
    });
  }

  const made = images.map(({ n, ...output }) => ({ n, status: 'succeeded', images: [output] }));
  const members: Member[] = jobs ?? (isBatch ? [...made, ...others] : [{ ...state, images }]);
  const places = members.flatMap(placesOf).sort((a, b) => a.number - b.number) as ShownJob['places'];
  return {
    ...state,
    status: state.status ?? (places.some(isActive) ? 'in_progress' : 'ended'),
    isBatch,
    request_id: batch ?? state.request_id ?? before.request_id,
    places,
    readAt: Date.now(),
    sheet: isBatch ? (previews[0] ?? before.sheet) : undefined,
  };
}

/** A job that came to nothing, as a whole. */
export const failedJob = (job: ShownJob, why: Partial<Place>): ShownJob => ({
  ...job,
  status: 'failed',
  isBatch: false,
  places: [{ ...job.places[0], output: undefined, number: 1, status: 'failed', ...why }],
});

/** All text of a result. */
export const textOf = ({ content = [] }: ToolResult): string =>
  content
    .map(({ text = '' }) => text)
    .join('\n')
    .trim();
