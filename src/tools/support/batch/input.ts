import * as z from 'zod';
import { MAX_JOBS } from '../../../jobs/batch/batch.ts';
import type { BatchCall } from '../../../jobs/batch/generate-batch.ts';
import type { Model } from '../../../models/define.ts';
import { anyInput, liveModel, readModelId } from '../any-model.ts';
import { readArguments, refuseTransparentJpeg } from '../arguments.ts';
import type { Services, Tool, ToolCall } from '../define.ts';
import { resolveHandle, wrong } from '../handles.ts';
import { LAST } from '../last.ts';
import { bodySize, checkSize, type ReferenceServices, readReferences } from '../references.ts';
import type { Surface } from '../surface.ts';
import { createProblems, noObject, tooMany } from './problems.ts';

export type BatchServices = ReferenceServices & Pick<Services, 'catalogue'>;

/** One of the jobs of a call, as it is given. */
export const jobInput = ({ isLocal }: Pick<Surface, 'isLocal'>) =>
  z.strictObject({
    model: z.string().meta({ description: 'Tool name or model id.' }),
    input: anyInput(`The fields of that tool or model${isLocal ? '; no last' : ''}.`),
    count: z.int().min(1).max(MAX_JOBS).optional().meta({ description: 'Variants. Default: 1.', default: 1 }),
  });
type Job = z.output<ReturnType<typeof jobInput>>;
type Input = Record<string, unknown>;

/** The input of some pictures of a batch. */
interface Entry {
  /** What errors call it. */
  name: string;
  count: number;
  model: string;
  recorded: Input;
  body?: () => Promise<Input>;
}

/**
 * Reads the jobs of a call: one paid call for each picture, in their order. Throws an error that tells what is wrong
 * with each; whether references are there is looked at when bodies are made, and told in the same way.
 */
export async function readBatch(
  given: readonly unknown[],
  schema: ReturnType<typeof jobInput>,
  modelTools: readonly Tool[],
  call: ToolCall,
  services: BatchServices,
): Promise<BatchCall[]> {
  const models = new Map<string, Promise<Model>>();
  function modelOf(job: Job): Promise<Model> {
    const id = readModelId(job.model);
    const own = modelTools.find(({ name, model }) => name === id || model?.id === id)?.model;
    const model = models.get(id) ?? (own ? Promise.resolve(own) : liveModel(id, call.wait, services));
    models.set(id, model);
    return model;
  }

  async function readEntry(name: string, job: Job): Promise<Entry> {
    const model = await modelOf(job);
    const input = readArguments({ name, input: model.input }, job.input);
    refuseTransparentJpeg(name, input);
    const entry = { name, count: job.count ?? 1, model: model.id };
    if (!model.imageFields.some((field) => Object.hasOwn(input, field))) return { ...entry, recorded: input };
    await refuseLast(model, input, services);
    const { recorded, body } = await readReferences(model, input, call, services);
    return { ...entry, recorded, body };
  }

  const problems = createProblems(given.map((_, place) => `jobs[${place}]`));
  const jobs = new Map<string, Job>();
  for (const [place, one] of given.entries())
    await problems.unlessWrong(`jobs[${place}]`, async (name) => {
      if (typeof one !== 'object' || Array.isArray(one)) throw noObject(name);
      jobs.set(name, readArguments({ name, input: schema }, one) as Job);
    });
  const count = [...jobs.values()].reduce((sum, job) => sum + (job.count ?? 1), 0);
  if (count > MAX_JOBS) problems.add(tooMany(count, MAX_JOBS));
  // Side by side, as each may take a while; what fails is told below.
  await Promise.allSettled([...jobs.values()].map(modelOf));
  const entries: Entry[] = [];
  // One after the other, as each file may be held in memory several times.
  for (const [name, job] of jobs)
    await problems.unlessWrong(name, async () => void entries.push(await readEntry(name, job)));
  problems.throwIfAny();
  return withBodies(entries, count);
}

/** Makes bodies when they are asked for. If one cannot be made, the others are tried too, to tell all problems. */
function withBodies(entries: readonly Entry[], count: number): BatchCall[] {
  let bytes = 0;

  async function make({ count: pictures, body }: Entry): Promise<Input> {
    const sent = (await body?.()) ?? {};
    bytes += bodySize(sent) * pictures;
    checkSize(bytes, count);
    return sent;
  }

  async function makeOrTellAll(entry: Entry): Promise<Input> {
    const problems = createProblems(entries.map(({ name }) => name));
    const sent = await problems.unlessWrong(entry.name, () => make(entry));
    if (sent) return sent;
    for (const other of entries)
      if (other !== entry) await problems.unlessWrong(other.name, async () => void (await other.body?.()));
    return problems.throwIfAny() as never;
  }

  return entries.flatMap((entry) => {
    const { model, recorded, body } = entry;
    // Shared by all variants, so that it is made once.
    const one = { model, input: recorded, ...(body && { body: () => makeOrTellAll(entry) }) };
    return Array.from({ length: entry.count }, () => one);
  });
}

/** A batch may be repeated, and what `last` means may have moved on by then. */
async function refuseLast(model: Model, input: Input, services: ReferenceServices): Promise<void> {
  for (const name of model.imageFields)
    for (const [place, item] of [input[name]].flat().entries()) {
      if (item !== LAST) continue;
      const field = Array.isArray(input[name]) ? `${name}[${place}]` : name;
      const handle = await resolveHandle(field, LAST, services);
      throw wrong(field, LAST, 'which make_images does not take', `Write ${handle} instead.`);
    }
}
