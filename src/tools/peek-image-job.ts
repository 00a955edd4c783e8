import * as z from 'zod';
import { ToolError } from '../errors.ts';
import { ACTIVE_STATES, type Job } from '../jobs/job.ts';
import type { Jobs } from '../jobs/service.ts';
import type { Model } from '../models/define.ts';
import { readArguments } from './support/arguments.ts';
import { defineTool, type Services, type Tool } from './support/define.ts';
import { readFreely } from './support/free-read.ts';
import { jobOutput, type PresentServices, presentJob } from './support/present.ts';
import { requestId } from './support/request-id.ts';

/**
 * Tells the view where a job stands, at once. Hosts pass no progress on to a view, and get_image_job would wait and
 * count as the delivery that keeps a repeated call from being paid twice.
 */
export function peekImageJob(
  models: ReadonlyMap<string, Model>,
  services: PresentServices & Pick<Services, 'jobs'>,
): Tool {
  const { jobs, clock } = services;
  return defineTool({
    name: 'peek_image_job',
    title: 'Look at an image job',
    description:
      'Tell at once where a job stands, by its request_id or by the tool and arguments of a call under way. For the view of a job; costs nothing.',
    input: z.strictObject({
      request_id: requestId('The job to look at.').optional(),
      tool: z.string().optional().meta({ description: 'The tool that was called.' }),
      arguments: z
        .record(z.string(), z.unknown())
        .optional()
        .meta({ description: 'The arguments it was called with.' }),
    }),
    output: jobOutput,
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    searchHint: 'state of an image job',
    view: 'asked',
    async run({ request_id, tool = '', arguments: given }, { wait }) {
      const job = request_id === undefined ? await jobOf(models.get(tool), given, jobs) : undefined;
      const id = request_id ?? job?.request_id;
      if (id === undefined) throw noSuchJob();
      const seen = await readFreely(clock, wait, (signal) => jobs.peek(id, signal));
      return presentJob({ job: seen, resumed: false }, services);
    },
  });
}

/** The newest job under way that such a call submitted. */
async function jobOf(model: Model | undefined, given: unknown, jobs: Jobs): Promise<Job | undefined> {
  if (!model) return undefined;
  const input = readArguments({ name: model.id, input: model.input }, given);
  const [newest] = await jobs.list({ states: ACTIVE_STATES, like: { model: model.id, input }, limit: 1 });
  return newest;
}

function noSuchJob(): ToolError {
  return new ToolError('unknown_request', 'No job for this call is active.', {
    next: 'Look again later, or give its request_id.',
  });
}
