import * as z from 'zod';
import { defineTool, type Services } from './support/define.ts';
import { jobOutput, type ResultServices, resultWithImages } from './support/job-result.ts';
import { requestId } from './support/schema.ts';

/** The tool that waits for a job. */
export const getImageJob = (services: ResultServices & Pick<Services, 'jobs'>) =>
  defineTool({
    name: 'get_image_job',
    title: 'Get an image job',
    description:
      'Wait for a submitted image job and return its handles and URLs, or its state if it is still not done. Works for every request_id of the account; costs nothing.',
    input: z.strictObject({
      request_id: requestId('The request_id that an image tool or list_image_jobs gave.'),
      preview: z.boolean().optional().meta({ description: 'true: also previews sent before; false: none.' }),
    }),
    output: jobOutput,
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    searchHint: 'wait for an image job and get its image URLs',
    view: 'shown',
    async run({ request_id, preview }, call) {
      const wish = preview === undefined ? 'unseen' : preview ? 'again' : 'none';
      return resultWithImages(await services.jobs.follow(request_id, call.wait), call, services, wish);
    },
  });
