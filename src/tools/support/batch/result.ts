import { type CallFailure, ToolError } from '../../../errors.ts';
import { isTrustedOutput } from '../../../images/trust.ts';
import { type BatchOutcome, hasEnded, type Member } from '../../../jobs/batch/batch.ts';
import { formatBatch } from '../../../jobs/handle.ts';
import { isDeleted, type Job } from '../../../jobs/job.ts';
import { refusalOf } from '../../../runcomfy/errors.ts';
import type { ToolCall, ToolResult } from '../define.ts';
import { NO_PREVIEWS, type PreviewWish, type ResultServices } from '../job-result.ts';
import type { Surface } from '../surface.ts';
import { type BatchOutputs, copyNote, type Done, fetchBatch, pictureNotes, sheetOf } from './pictures.ts';
import {
  batchCosts,
  costsByModel,
  modelLine,
  modelNumbers,
  type OtherRow,
  type OutputRow,
  otherLines,
  otherRow,
  outputLine,
  outputRows,
  ranges,
} from './words.ts';

/**
 * The result of a batch: a row for each job, and its pictures on one sheet. Throws if it ended without any picture, such
 * as `job_failed`.
 */
export async function batchResult(
  outcome: BatchOutcome,
  call: ToolCall,
  services: ResultServices,
  wish: PreviewWish = 'all',
): Promise<ToolResult> {
  const { members, resumed } = outcome;
  const { jobs, clock, originals, loopbackOrigin, surface } = services;
  const batch = formatBatch(outcome.id);
  const isOver = members.every(hasEnded);
  const done = members.filter(
    (member): member is Done => member.job?.state === 'succeeded' && (member.job.urls?.length ?? 0) > 0,
  );
  const isSeen = wish === 'unseen' && call.shown.has(batch);
  const isShown = wish !== 'none' && !isSeen && call.preview !== 'off';
  const outputs = await fetchBatch(done, isShown, call, services);
  const { sheet, problem } = await sheetOf(members, outputs);
  const notKept = done.length > 0 ? await originals.obstacle() : undefined;
  const notes = [
    ...pictureNotes(outputs),
    copyNote(outputs),
    isSeen && 'An earlier answer holds the sheet; preview: true sends it again.',
    wish === 'again' && call.preview === 'off' && `There is no sheet, as ${NO_PREVIEWS}.`,
    problem !== undefined && `There is no sheet, as ${problem}.`,
    notKept !== undefined && `The library keeps nothing, as ${notKept}.`,
  ].filter((note) => typeof note === 'string');
  const submitted = members.flatMap(({ job }) => job ?? []);
  const costs = batchCosts(submitted, await jobs.estimator());
  const isTrusted = (url: string) => isTrustedOutput(url, loopbackOrigin);
  const images = done.flatMap((member) =>
    outputRows(member, outputs.get(member.index) ?? [], isTrusted, costs.differ),
  );
  const others = members.filter((member) => !outputs.has(member.index)).map(otherRow);
  if (isOver && done.length === 0) throwIfFailed(members, others, batch);
  tellLast(images, batch, call, services);
  const seconds = isOver ? undefined : elapsedSeconds(submitted, clock.now());
  const models = modelNumbers(members);
  const byModel = costs.differ ? costsByModel(members) : new Map<string, number>();
  const areKept =
    originals.areKept &&
    notKept === undefined &&
    [...outputs.values()].flat().every(({ kind, isKept }) => kind === 'image' || isKept);
  const counted = `${done.length} of ${members.length} done`;
  return {
    lines: [
      `${counted}${seconds === undefined ? '' : ` after ${seconds} s`} (${batch}). ${costs.text}`.trim(),
      `By ${modelLine(models, byModel)}`,
      ...images.map((row) => outputLine(byModel.size > 0 ? { ...row, cost_usd: undefined } : row)),
      ...otherLines(others),
      ...notes,
      resumed ? REPEATED : undefined,
    ],
    data: {
      batch,
      // A view of get_image_job waits for the end of what is in progress.
      status: isOver ? 'ended' : 'in_progress',
      done: done.length,
      total: members.length,
      elapsed_seconds: seconds,
      models,
      images,
      others: others.length > 0 ? others : undefined,
      cost_usd: costs.cost_usd,
      cost_usd_each: costs.cost_usd_each,
      costs_unreported: costs.unreported,
      estimated_cost_usd: costs.estimated_cost_usd,
      notes: notes.length > 0 ? notes : undefined,
      resumed: resumed || undefined,
      next: nextOf(members, images, isOver ? undefined : batch, laterUse(areKept, surface)),
    },
    previews: sheet ? [{ ...sheet, shownAs: isOver && isWhole(outputs) ? batch : undefined }] : [],
  };
}

/** Whether a sheet shows all that can be shown. */
const isWhole = (outputs: BatchOutputs): boolean =>
  [...outputs.values()].every(
    (list) => list.every(({ kind }) => kind !== 'image') || list.some(({ preview }) => preview),
  );

const REPEATED =
  'This call repeats an earlier one, whose answer nobody had received: its jobs were not submitted again.';

/** `last` is the picture of a batch that has one; of several it means none. */
function tellLast(
  images: readonly OutputRow[],
  batch: string,
  { wait }: ToolCall,
  { last }: ResultServices,
): void {
  const [first, ...others] = images.filter(({ kind }) => kind === undefined);
  if (first) last?.onAnswer(others.length > 0 ? batch : first.handle, wait.delivered);
}

/** Seconds since the first submit. */
function elapsedSeconds(jobs: readonly Job[], now: number): number | undefined {
  const times = jobs.flatMap(({ submitted_at }) =>
    submitted_at === undefined ? [] : Date.parse(submitted_at),
  );
  return times.length === 0 ? undefined : Math.max(0, Math.round((now - Math.min(...times)) / 100) / 10);
}

/** A batch that made nothing is a failed call, unless it was cancelled. */
function throwIfFailed(members: readonly Member[], others: readonly OtherRow[], batch: string): void {
  if (members.every(({ job }) => job?.state === 'cancelled')) return;
  const codes = new Set(members.map(({ error }) => error?.code ?? 'job_failed'));
  const [code = 'job_failed'] = codes;
  const said = `None of the ${members.length} pictures was made. ${otherLines(others).join('. ')}.`;
  throw new ToolError(codes.size === 1 ? code : 'job_failed', said, {
    next: nextOf(members, [], undefined, '') ?? '',
    charged: others.some(({ may_be_charged }) => may_be_charged) ? 'maybe' : 'no',
    failure: failureOf(members, batch),
    cause: members.find(({ error }) => error)?.error,
  });
}

/** One that was refused as unsafe stands for all: that is what people can change. */
function failureOf(members: readonly Member[], batch: string): CallFailure {
  const each = members.map(({ job, error }) =>
    job?.error === undefined ? error?.failure : refusalOf(job.error),
  );
  const { error, refused } = each.find((one) => one?.refused) ?? each.find((one) => one) ?? {};
  return { request_id: batch, error, refused };
}

// Of so many different errors the next steps are told.
const MAX_STEPS = 2;

/** What can be done with finished pictures later. */
function laterUse(areKept: boolean, { saveIn }: Surface): string {
  if (areKept)
    return saveIn === undefined ? 'Edit each by its job:… handle.' : 'Edit or save each by its job:… handle.';
  const how = saveIn === undefined ? 'download what is to stay' : 'save_images keeps what they lead to';
  return `The links are temporary: ${how}.`;
}

/** What to do next; `open` is the batch if it has not ended. */
function nextOf(
  members: readonly Member[],
  images: readonly OutputRow[],
  open: string | undefined,
  later: string,
): string | undefined {
  if (open !== undefined)
    return `Call get_image_job with request_id "${open}" to keep waiting. Do not submit it again.`;
  const numbersOf = (fits: (member: Member) => boolean) => members.filter(fits).map(({ index }) => index + 1);
  const isIn = (job: Job, state: Job['state']) => job.state === state && !isDeleted(job);
  const unknown = numbersOf(({ job }) => job !== undefined && isIn(job, 'unknown'));
  const failed = numbersOf(({ job }) => !job || isIn(job, 'failed'));
  const steps = members.flatMap(({ job, error }) => (error && !job ? error.next : []));
  const sentences = [
    images.some(({ path }) => path === undefined) && later,
    unknown.length > 0 &&
      `${ranges(unknown)} may exist: look at the Generations page of the RunComfy account before you make them again.`,
    ...[...new Set(steps)].slice(0, MAX_STEPS),
    failed.length > 0 && `Make only ${ranges(failed)} in a new make_images call, changed as the reasons ask.`,
  ];
  return sentences.filter(Boolean).join(' ') || undefined;
}
