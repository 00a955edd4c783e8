import * as z from 'zod';
import { answerJob } from './answer-job.ts';
import { defineTool } from './define.ts';
import { jobOutput } from './present.ts';
import { requestId } from './request-id.ts';

export const getImageJob = defineTool({
  name: 'get_image_job',
  title: 'Get an image job',
  description:
    'Wait for a submitted image job and return its image URLs, or its state if it is still not done. Works for every request_id of the account; costs nothing.',
  input: z.strictObject({
    request_id: requestId('The request_id that an image tool or list_image_jobs gave.'),
  }),
  output: jobOutput,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  searchHint: 'wait for an image job and get its image URLs',
  view: 'shown',
  async run({ request_id }, context) {
    return answerJob(await context.jobs.follow(request_id, context.wait), context);
  },
});
