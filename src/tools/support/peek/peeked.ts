import { type FetchedOutput, factsOf } from '../../../images/fetch-outputs.ts';
import { isTrustedOutput } from '../../../images/trust.ts';
import { formatHandle } from '../../../jobs/handle.ts';
import { type Job, jobOutputs, UNKNOWN_MODEL } from '../../../jobs/job.ts';
import { readableName } from '../../../models/readable-name.ts';
import { refusalOf } from '../../../runcomfy/errors.ts';
import type { Services, Tool } from '../define.ts';
import { elapsedSeconds } from '../job-words.ts';
import type { PeekedJob, PeekedState } from '../peeked-job.ts';

export type PeekServices = Pick<Services, 'clock' | 'loopbackOrigin'> & {
  jobs: Pick<Services['jobs'], 'runSeconds' | 'estimator'>;
  catalogue: Pick<Services['catalogue'], 'nameOf'>;
};

/** The tools by which pictures are made again. */
export interface MakingTools {
  models: readonly Tool[];
  anyModel: Pick<Tool, 'name'>;
}

/** What the view gets to know of a recorded job. */
export async function peeked(
  job: Job,
  tools: MakingTools,
  { jobs, clock, catalogue, loopbackOrigin }: PeekServices,
): Promise<PeekedJob & PeekedState> {
  const { model, state, started_at, error } = job;
  const own = tools.models.find((tool) => tool.model?.id === model);
  const isKnown = model !== UNKNOWN_MODEL && Object.keys(job.input).length > 0;
  const input = withoutData(job.input) as Record<string, unknown>;
  const isRunning = state === 'in_progress' && started_at !== undefined;
  const [seconds, estimate] = isKnown ? [await jobs.runSeconds(job), await jobs.estimator()] : [];
  return {
    request_id: job.request_id,
    model,
    status: state,
    queue_position: job.queue_position,
    submitted_at: job.submitted_at,
    finished_at: job.finished_at,
    elapsed_seconds: elapsedSeconds(job, clock.now()),
    cost_usd: job.cost_usd,
    title: own?.title ?? (await nameOf(model, catalogue)),
    seeded: own?.model && 'seed' in own.model.input.shape ? true : undefined,
    tool: own?.name ?? tools.anyModel.name,
    arguments: !isKnown ? {} : own ? input : { model, input },
    running_seconds: isRunning ? tenths((clock.now() - Date.parse(started_at)) / 1000) : undefined,
    expected_seconds: seconds === undefined ? undefined : tenths(seconds),
    estimate: estimate?.(job),
    ...(state === 'failed' && error !== undefined && refusalOf(error)),
    images: knownOutputs(job).map(({ url, kind, facts }, index) => ({
      handle: formatHandle(job.request_id ?? '', index),
      url,
      kind: kind === 'image' ? undefined : kind,
      trusted: isTrustedOutput(url, loopbackOrigin) ? undefined : false,
      ...facts,
    })),
  };
}

const nameOf = async (model: string, catalogue: PeekServices['catalogue']): Promise<string> =>
  model === UNKNOWN_MODEL ? '' : ((await catalogue.nameOf(model)) ?? readableName(model));

/** The outputs of a job, with what was learned of them when they were fetched. */
export const knownOutputs = (job: Job): FetchedOutput[] =>
  jobOutputs(job).map((output, index) => {
    const original = job.originals?.[index];
    return { ...output, ...(original && { facts: factsOf(original) }) };
  });

/** A member of a batch that is not on record, or no longer. */
export const absent = (
  status: 'not_submitted' | 'deleted',
  { anyModel }: MakingTools,
): PeekedJob & PeekedState => ({
  model: UNKNOWN_MODEL,
  status,
  title: '',
  tool: anyModel.name,
  arguments: {},
  images: [],
});

const tenths = (seconds: number): number => Math.max(0, Math.round(seconds * 10) / 10);

/** An input without what a `data:` URI holds: a model whose fields are not known takes one. */
function withoutData(value: unknown): unknown {
  if (typeof value === 'string') {
    const type = /^data:[\w.+-]{1,40}\/[\w.+-]{1,80}(?=[;,])/i.exec(value)?.[0];
    return type === undefined ? value : `${type},…`;
  }
  if (Array.isArray(value)) return value.map(withoutData);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutData(inner)]));
}
