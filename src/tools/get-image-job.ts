import * as z from 'zod';
import { parseBatch } from '../jobs/handle.ts';
import { batchResult } from './support/batch/result.ts';
import { defineTool, type Services } from './support/define.ts';
import { jobOutput, type ResultServices, resultWithImages } from './support/job-result.ts';
import { requestIdOrBatch } from './support/schema.ts';

/** The tool that waits for a job. */
export const getImageJob = (services: ResultServices & Pick<Services, 'jobs'>) =>
  defineTool({
    name: 'get_image_job',
    title: 'Get an image job',
    description: `Wait for a job or batch and return its handles and URLs, or its state if it is not done. ${services.surface.isLocal ? 'Works for every request_id of the account; costs' : 'Costs'} nothing.`,
    input: z.strictObject({
      request_id: requestIdOrBatch('The request_id or batch:<id> that a tool gave.'),
      preview: z.boolean().optional().meta({ description: 'true: also previews sent before; false: none.' }),
    }),
    // A batch has no request id, model and status of its own.
    output: jobOutput.partial({ request_id: true, model: true, status: true }),
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    searchHint: 'wait for an image job and get its image URLs',
    view: 'shown',
    async run({ request_id, preview }, call) {
      const wish = preview === undefined ? 'unseen' : preview ? 'again' : 'none';
      const batch = parseBatch(request_id);
      if (batch !== undefined)
        return batchResult(await services.jobs.followBatch(batch, call.wait), call, services, wish);
      return resultWithImages(await services.jobs.follow(request_id, call.wait), call, services, wish);
    },
  });
