import type { FetchedOutput } from '../../../images/fetch-outputs.ts';
import { hasEnded, type Member } from '../../../jobs/batch/batch.ts';
import { firstHandle, formatHandle } from '../../../jobs/handle.ts';
import { isDeleted, type Job, UNKNOWN_MODEL } from '../../../jobs/job.ts';
import { type Estimator, sumEstimates } from '../../../jobs/spending/estimates.ts';
import { dollars, sumCosts } from '../../../jobs/spending/totals.ts';
import { quoteUntrusted, shorten } from '../../../runcomfy/sanitize.ts';
import { estimateText } from '../estimate-words.ts';
import { KIND_NAMES } from '../job-words.ts';

/** A picture, or another output, of a batch. Its number is that on the sheet: of several outputs the first is shown. */
export interface OutputRow {
  n: number;
  handle: string;
  /** In USD; on the first output only, and only where the costs of the jobs differ. */
  cost_usd?: number | undefined;
  kind?: string | undefined;
  trusted?: false | undefined;
  url: string;
  /** What this server keeps of it. */
  copy_url?: string | undefined;
  path?: string | undefined;
}

/** The outputs of a job that succeeded. */
export function outputRows(
  { index, job }: Member & { job: Job },
  outputs: readonly FetchedOutput[],
  isTrusted: (url: string) => boolean,
  tellsCost: boolean,
): OutputRow[] {
  return outputs.map(({ url, kind, path, link }, place) => ({
    n: index + 1,
    handle:
      outputs.length === 1 ? firstHandle(job.request_id ?? '') : formatHandle(job.request_id ?? '', place),
    cost_usd: tellsCost && place === 0 ? job.cost_usd : undefined,
    kind: kind === 'image' ? undefined : kind,
    trusted: isTrusted(url) ? undefined : false,
    url,
    copy_url: link?.url,
    path,
  }));
}

/** A line such as `3 job:5b…#1 $0.04 https://…`. */
export function outputLine({ n, handle, cost_usd, kind, trusted, url, copy_url, path }: OutputRow): string {
  const parts = [
    n,
    handle,
    cost_usd !== undefined && dollars(cost_usd),
    kind !== undefined && KIND_NAMES[kind as keyof typeof KIND_NAMES],
    trusted === false && '(not a RunComfy host: do not trust it unseen)',
    url,
    copy_url !== undefined && `copy ${copy_url}`,
    path !== undefined && `saved as ${path}`,
  ];
  return parts.filter(Boolean).join(' ');
}

/** A job of a batch without outputs, and why. */
export interface OtherRow {
  n: number;
  status: string;
  request_id?: string | undefined;
  queue_position?: number | undefined;
  /** In RunComfy's words, quoted, or in ours. */
  reason?: string | undefined;
  may_be_charged?: true | undefined;
}

const MAX_REASON = 300;

/** What became of a job that has no outputs, or not yet. */
export function otherRow(member: Member): OtherRow {
  const { index, job, error } = member;
  const said =
    job?.state === 'failed' && job.error !== undefined ? `"${quoteUntrusted(job.error)}"` : undefined;
  const isEnded = hasEnded(member) && job?.state !== 'cancelled';
  return {
    n: index + 1,
    status: statusOf(job),
    // Nothing is left to ask of a cancelled job.
    request_id: job?.state === 'cancelled' ? undefined : job?.request_id,
    queue_position: job?.queue_position,
    reason: said ?? (error && shorten(error.message.replace(/\.$/, ''), MAX_REASON)),
    may_be_charged: (job && isEnded && job.cost_usd === undefined) || undefined,
  };
}

function statusOf(job: Job | undefined): string {
  if (job === undefined) return 'not_submitted';
  if (isDeleted(job)) return 'deleted';
  return job.state === 'succeeded' ? 'no_output' : job.state;
}

const STATUS_WORDS: Record<string, string> = {
  deleted: 'deleted by the user',
  not_submitted: 'not submitted, not charged',
  no_output: 'ended without a URL',
  cancelled: 'cancelled, never ran',
};

/** Lines such as `5 failed (request_id 5b…): "…"; may be charged`. Those alike share one. */
export function otherLines(rows: readonly OtherRow[]): string[] {
  const alike = new Map<string, number[]>();
  for (const { n, status, request_id, queue_position, reason, may_be_charged } of rows) {
    const words = [
      STATUS_WORDS[status] ?? status,
      queue_position !== undefined && `, position ${queue_position}`,
      request_id !== undefined && ` (request_id ${request_id})`,
      reason !== undefined && `: ${reason}`,
      may_be_charged && '; may be charged',
    ];
    const line = words.filter(Boolean).join('');
    alike.set(line, [...(alike.get(line) ?? []), n]);
  }
  return [...alike].map(([line, numbers]) => `${ranges(numbers)} ${line}`);
}

/** Which numbers each model made: `{ "openai/gpt-image-2/text-to-image": "1-4, 6" }`. */
export function modelNumbers(members: readonly Member[]): Record<string, string> {
  const numbers = new Map<string, number[]>();
  for (const { model, index } of members)
    if (model !== UNKNOWN_MODEL) numbers.set(model, [...(numbers.get(model) ?? []), index + 1]);
  return Object.fromEntries([...numbers].map(([model, which]) => [model, ranges(which)]));
}

/** The models of a batch in a line, with what each picture of a model cost where that is known. */
export const modelLine = (models: Record<string, string>, costs: ReadonlyMap<string, number>): string =>
  Object.entries(models)
    .map(([model, numbers]) => {
      const usd = costs.get(model);
      return `${model}: ${numbers}${usd === undefined ? '' : ` at ${dollars(usd)}`}`;
    })
    .join('; ');

/** Ascending numbers in short: `1-4, 6`. */
export function ranges(numbers: readonly number[]): string {
  const spans: [first: number, last: number][] = [];
  for (const number of numbers) {
    const span = spans.at(-1);
    if (span?.[1] === number - 1) span[1] = number;
    else spans.push([number, number]);
  }
  return spans.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(', ');
}

/** What jobs cost, as far as it is reported, and an estimate for the rest. In USD. */
export function batchCosts(jobs: readonly Job[], estimate: Estimator) {
  const { usd, reported } = sumCosts(
    jobs.map((job) => ({ ...job, status: job.state })),
    () => '',
  );
  const unreported = jobs.filter(({ cost_usd, state }) => cost_usd === undefined && state !== 'cancelled');
  const costs = new Set(jobs.flatMap(({ cost_usd }) => cost_usd ?? []));
  const [each] = costs;
  const isAlike = costs.size === 1 && reported > 1;
  const alike = isAlike ? ` (${dollars(each as number)} each)` : '';
  const expected = unreported.length > 0 ? sumEstimates(unreported.map(estimate)) : undefined;
  const words = [
    reported > 0 && `RunComfy charged ${dollars(usd)} for ${reported}${alike}.`,
    unreported.length > 0 &&
      `${reported > 0 ? 'Not reported' : 'No cost is reported yet'} for ${unreported.length}. ${estimateText(expected)}`,
  ];
  return {
    text: words.filter(Boolean).join(' '),
    /** Whether rows tell the costs. */
    differ: costs.size > 1,
    cost_usd: reported > 0 ? usd : undefined,
    cost_usd_each: isAlike ? each : undefined,
    unreported: unreported.length || undefined,
    estimated_cost_usd: unreported.length > 0 ? (expected ?? ('unknown' as const)) : undefined,
  };
}

/** What each job of a model cost, by model; of none, unless that is one reported cost for each model. */
export function costsByModel(members: readonly Member[]): Map<string, number> {
  const costs = new Map<string, number>();
  for (const { model, job } of members) {
    const usd = job?.cost_usd;
    if (usd === undefined || (costs.get(model) ?? usd) !== usd) return new Map();
    costs.set(model, usd);
  }
  return costs;
}
