import * as z from 'zod';
import { ToolError } from '../errors.ts';
import { ACTIVE_STATES, type Job } from '../jobs/job.ts';
import type { Jobs } from '../jobs/service.ts';
import type { Model } from '../models/define.ts';
import { readArguments } from './support/arguments.ts';
import { defineTool, type Services, type Tool } from './support/define.ts';
import { type JobResultServices, jobOutput, jobResult } from './support/job-result.ts';
import { requestId } from './support/schema.ts';
import { withTimeout } from './support/with-timeout.ts';

/**
 * The tool by which the view reads a job. Hosts pass no progress on to a view; and get_image_job would wait, and count
 * as the delivery that keeps a repeated call from being paid twice.
 */
export function peekImageJob(
  modelTools: readonly Tool[],
  services: JobResultServices & Pick<Services, 'jobs'>,
): Tool {
  const { jobs, clock } = services;
  return defineTool({
    name: 'peek_image_job',
    title: 'Peek at an image job',
    description:
      'Return the current state of a job without waiting, by its request_id, or by the tool and arguments of the call that is running it. For the view; costs nothing.',
    input: z.strictObject({
      request_id: requestId('The job to peek at.').optional(),
      tool: z.string().optional().meta({ description: 'The tool that was called.' }),
      arguments: z
        .record(z.string(), z.unknown())
        .optional()
        .meta({ description: 'The arguments of that call.' }),
    }),
    output: jobOutput,
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    searchHint: 'state of an image job',
    view: 'asked',
    async run({ request_id, tool: name, arguments: given }, { wait }) {
      const { model } = modelTools.find((tool) => tool.name === name) ?? {};
      const id = request_id ?? (model && (await activeJob(model, given, jobs)))?.request_id;
      if (id === undefined)
        throw new ToolError('unknown_request', 'No active job of this call was found.', {
          next: 'Try again later, or give its request_id.',
        });
      const job = await withTimeout(clock, wait, (signal) => jobs.peek(id, signal));
      return jobResult({ job, resumed: false }, services);
    },
  });
}

/** The newest active job that such a call submitted. */
async function activeJob(model: Model, given: unknown, jobs: Jobs): Promise<Job | undefined> {
  const input = readArguments({ name: model.id, input: model.input }, given);
  const [newest] = await jobs.list({ states: ACTIVE_STATES, like: { model: model.id, input }, limit: 1 });
  return newest;
}
