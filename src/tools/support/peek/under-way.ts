import { MAX_JOBS } from '../../../jobs/batch/batch.ts';
import { type Job, OPEN_STATES } from '../../../jobs/job.ts';
import { readModelId } from '../any-model.ts';
import { readArguments } from '../arguments.ts';
import { jobInput } from '../batch/input.ts';
import type { Services, Tool } from '../define.ts';
import { isSameInput } from './same-input.ts';

type Wanted = Pick<Job, 'model' | 'input'>;

/** The tools whose calls the view may ask about, by what they are. */
export interface PaidTools {
  models: readonly Tool[];
  anyModel: Pick<Tool, 'name' | 'input'>;
  batch: Pick<Tool, 'name' | 'input'>;
}

/**
 * The newest job that such a call made and that has not ended; of a batch any. Undefined if there is none. Throws
 * `invalid_input` for arguments that the tool does not take.
 */
export async function jobUnderWay(
  name: string | undefined,
  given: unknown,
  tools: PaidTools,
  { jobs, surface }: Pick<Services, 'jobs' | 'surface'>,
): Promise<Job | undefined> {
  const idOf = (model: string) => {
    const id = readModelId(model);
    return tools.models.find((tool) => tool.name === id)?.model?.id ?? id;
  };
  const newest = async (fits: (job: Job) => boolean) =>
    (await jobs.list({ states: OPEN_STATES, fits, limit: 1 }))[0];
  const tool = tools.models.find((one) => one.name === name);
  if (tool?.model) {
    const call = { model: tool.model.id, input: readArguments(tool, given) };
    return newest((job) => !job.batch && isOf(call, job));
  }
  if (name === tools.anyModel.name) {
    const { model, input } = readArguments(tools.anyModel, given) as Wanted;
    return newest((job) => !job.batch && isOf({ model: idOf(model), input }, job));
  }
  if (name !== tools.batch.name) return undefined;
  const { jobs: entries } = readArguments(tools.batch, given) as { jobs: unknown[] };
  const schema = jobInput(surface);
  const wanted = entries.flatMap((one, place): Wanted[] => {
    const read = readArguments({ name: `jobs[${place}]`, input: schema }, one);
    const { model, input, count = 1 } = read as unknown as Wanted & { count?: number };
    return Array(Math.min(count, MAX_JOBS)).fill({ model: idOf(model), input });
  });
  const fits = (job: Job): boolean => {
    const member = job.batch && wanted[job.batch.index];
    return member !== undefined && job.batch?.size === wanted.length && isOf(member, job);
  };
  const open = await jobs.list({ states: OPEN_STATES, fits, limit: Number.POSITIVE_INFINITY });
  for (const id of new Set(open.map(({ batch }) => batch?.id))) {
    // Of two batches under way only some jobs may be alike.
    const members = await jobs.list({ fits: ({ batch }) => batch?.id === id, limit: wanted.length });
    if (members.every(fits)) return members[0];
  }
  return undefined;
}

const isOf = ({ model, input }: Wanted, job: Job): boolean =>
  model === job.model && isSameInput(input, job.input);
