import * as z from 'zod';
import { ToolError } from '../errors.ts';
import { givenStem } from '../images/file-name.ts';
import { savePictures } from './support/answer-job.ts';
import { defineTool, type Services } from './support/define.ts';
import { type PresentServices, presentJob } from './support/present.ts';
import { requestId } from './support/request-id.ts';

/** The tool that saves a job's images as files. */
export const saveImages = (services: PresentServices & Pick<Services, 'jobs' | 'pictures'>) =>
  defineTool({
    name: 'save_images',
    title: 'Save images',
    description:
      "Save a finished job's original images as files on this machine and return their paths. The folder is the user's: --output-dir, else Pictures/runcomfy-images at home. Costs nothing.",
    input: z.strictObject({
      request_id: requestId('The job whose images to save.'),
      name: z
        .string()
        .refine((name) => givenStem(name) !== '', 'must hold a letter or digit')
        .optional()
        .meta({ description: 'File name without folder or extension. Default: date, model, prompt and id.' }),
    }),
    output: z.looseObject({
      request_id: z.string(),
      images: z.array(z.looseObject({ url: z.string(), path: z.string().optional() })),
    }),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    searchHint: 'save or download generated images as files',
    async run({ request_id, name }, call) {
      const outcome = await services.jobs.follow(request_id, call.wait);
      if (outcome.job.state !== 'succeeded') return presentJob(outcome, services);
      const pictures = await savePictures(outcome.job, call, services, name);
      const [first] = pictures;
      if (first?.unsaved !== undefined && pictures.every(({ path }) => path === undefined)) {
        throw new ToolError('not_saved', `Nothing was saved, as ${first.unsaved}.`, {
          next: `The images are at ${pictures.map(({ url }) => url).join(' ')}`,
        });
      }
      return presentJob(outcome, services, pictures);
    },
  });
