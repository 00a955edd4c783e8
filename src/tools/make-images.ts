import * as z from 'zod';
import { MAX_JOBS } from '../jobs/batch/batch.ts';
import { type BatchServices, jobInput, readBatch } from './support/batch/input.ts';
import { batchResult } from './support/batch/result.ts';
import { defineTool, type Services, type Tool } from './support/define.ts';
import type { ResultServices } from './support/job-result.ts';
import { jsonSchema } from './support/schema.ts';

/** The tool that submits several jobs at once; `modelTools` are the models with tools of their own. */
export const makeImages = (
  modelTools: readonly Tool[],
  services: BatchServices & ResultServices & Pick<Services, 'jobs'>,
): Tool => {
  const schema = jobInput(services.surface);
  return defineTool({
    name: 'make_images',
    title: 'Make several images',
    description: `Make up to ${MAX_JOBS} pictures in one call: variants of an input, or several inputs or models. Returns one numbered contact sheet with handles and URLs, for less context than single calls. Each picture is a paid job.`,
    input: z.strictObject({
      jobs: z
        // Each is read by itself, so that what is wrong with all of them is told at once.
        .array(z.unknown().meta(jsonSchema(schema)))
        .min(1)
        .max(MAX_JOBS)
        .meta({ description: 'What to make.' }),
      max_cost_usd: z
        .number()
        .min(0)
        .optional()
        .meta({ description: 'Submit nothing if all may cost more.' }),
    }),
    output: z.looseObject({ batch: z.string(), images: z.array(z.looseObject({ url: z.string() })) }),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    searchHint: 'several images, variants or a series in one call',
    isPaid: true,
    view: 'shown',
    async run({ jobs, max_cost_usd: maxCostUsd }, call) {
      const calls = await readBatch(jobs, schema, modelTools, call, services);
      return batchResult(await services.jobs.generateBatch(calls, call.wait, { maxCostUsd }), call, services);
    },
  });
};
