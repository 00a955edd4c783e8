import { formatBatch } from '../../../jobs/handle.ts';
import { isFinal, type Job } from '../../../jobs/job.ts';
import { dollars } from '../../../jobs/spending/totals.ts';
import { ranges } from '../batch/words.ts';
import type { ToolResult } from '../define.ts';
import { estimateText } from '../estimate-words.ts';
import { type JobResultServices, jobFailed, jobResult } from '../job-result.ts';
import type { PeekedBatch, PeekedJob, PeekedState } from '../peeked-job.ts';
import { knownOutputs } from './peeked.ts';

type Peeked = PeekedJob & PeekedState;

/** A job as the view gets it: in the words that agents get about it, then what only the view is told. */
export function peekedResult(job: Job, told: Peeked, services: JobResultServices): ToolResult {
  return { lines: [...agentWords(job, services), ...ownLines(told)], data: { ...told } };
}

/** A batch as the view gets it. */
export function peekedBatchResult(id: string, jobs: Peeked[]): ToolResult {
  const batch = formatBatch(id);
  const isOver = jobs.every(({ status }) => hasEnded(status));
  const status = isOver ? 'ended' : 'in_progress';
  const done = jobs.filter((job) => job.status === 'succeeded').length;
  const made = new Map<string, number[]>();
  for (const [index, job] of jobs.entries())
    for (const line of ownLines(job)) made.set(line, [...(made.get(line) ?? []), index + 1]);
  return {
    lines: [
      `${done} of ${jobs.length} done (${batch}, ${status}).`,
      ...jobs.map((job, index) => `${index + 1} ${stateLine(job)}`),
      ...[...made].map(([line, numbers]) => `${ranges(numbers)}: ${line}`),
    ],
    data: { batch, status, jobs } satisfies PeekedBatch,
  };
}

const hasEnded = (status: PeekedState['status']): boolean =>
  status === 'not_submitted' || status === 'deleted' || status === 'unknown' || isFinal(status);

function agentWords(job: Job, services: JobResultServices): ToolResult['lines'] {
  const { model, request_id, state } = job;
  if (state === 'failed') {
    const { message, next } = jobFailed(job);
    return [message, next];
  }
  if (request_id !== undefined) {
    const { lines, data } = jobResult({ job, resumed: false }, services, knownOutputs(job));
    return [...lines, data.next];
  }
  return [`The job by ${model} ${WITHOUT_ID[state] ?? `is ${state}`}.`];
}

const WITHOUT_ID: Partial<Record<Job['state'], string>> = {
  reserved: 'waits to be submitted',
  submitting: 'is being submitted',
  unknown: 'may exist and be charged, as the answer to its submit was lost',
  cancelled: 'was cancelled before it was submitted',
};

/** What only the view is told: by which call a job is made again, for how long it runs, what it costs. */
function ownLines({ tool, title, arguments: input, ...job }: Peeked): string[] {
  const { running_seconds: running, expected_seconds: expected, estimate, refused, seeded } = job;
  const facts = [
    running !== undefined && `Running for ${running} s.`,
    expected !== undefined && `Such jobs run ${expected} s.`,
    estimate && estimateText(estimate),
    seeded && 'It takes a seed.',
    refused && 'Refused as unsafe.',
  ].filter(Boolean);
  const call = `${title} (${tool} ${JSON.stringify(input)})`;
  return [...(title === '' ? [] : [call]), ...(facts.length > 0 ? [facts.join(' ')] : [])];
}

/** A member in a line such as `succeeded job:5b…#1 https://…`. */
function stateLine({
  status,
  request_id,
  queue_position,
  elapsed_seconds,
  cost_usd,
  error,
  images,
}: Peeked): string {
  const parts = [
    status,
    request_id,
    queue_position !== undefined && `position ${queue_position}`,
    elapsed_seconds !== undefined && `${elapsed_seconds} s`,
    cost_usd !== undefined && dollars(cost_usd),
    ...images.map(({ handle, kind, trusted, url }) =>
      [handle, kind, trusted === false && 'not trusted', url].filter(Boolean).join(' '),
    ),
    error !== undefined && `"${error}"`,
  ];
  return parts.filter(Boolean).join(' | ');
}
