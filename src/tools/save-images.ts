import * as z from 'zod';
import { ToolError } from '../errors.ts';
import type { FetchedOutput } from '../images/fetch-outputs.ts';
import { asImageError } from '../images/image-error.ts';
import { mimeType } from '../images/media-type.ts';
import { chosenStem, fileStem } from '../images/saving/file-name.ts';
import { saveImage } from '../images/saving/save-image.ts';
import { jobOutputs } from '../jobs/job.ts';
import { defineTool, type Services } from './support/define.ts';
import { type JobResultServices, jobResult } from './support/job-result.ts';
import { requestId } from './support/schema.ts';

/** The tool that saves a job's images as files. */
export const saveImages = (
  services: JobResultServices & Pick<Services, 'jobs' | 'originals' | 'outputDir'>,
) =>
  defineTool({
    name: 'save_images',
    title: 'Save images',
    description:
      "Save a finished job's original images as files on this machine and return their paths. The folder is the user's: --output-dir, else Pictures/runcomfy-images at home. Costs nothing.",
    input: z.strictObject({
      request_id: requestId('The job whose images to save.'),
      name: z
        .string()
        .refine((name) => chosenStem(name) !== '', 'must hold a letter or digit')
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
      if (outcome.job.state !== 'succeeded') return jobResult(outcome, services);
      const { job } = outcome;
      const images: FetchedOutput[] = jobOutputs(job);
      const stem = name === undefined ? fileStem(job) : chosenStem(name);
      for (const [index, image] of images.entries()) {
        try {
          const original = await services.originals.open({ job, index }, call.wait.signal);
          const facts = { type: mimeType(original.type), bytes: original.data.length };
          const numbered = images.length > 1 ? `${stem}-${index + 1}` : stem;
          image.path = await saveImage(services.outputDir, numbered, original, undefined);
          image.facts = facts;
          await services.originals.addSaved({ job, index }, original, facts, image.path);
        } catch (error) {
          image.notSaved = asImageError(error, 'this server failed').reason;
        }
      }
      const why = images[0]?.notSaved;
      if (why !== undefined && images.every(({ path }) => path === undefined))
        throw new ToolError('not_saved', `Nothing was saved, as ${why}.`, {
          next: `The originals are at ${images.map(({ url }) => url).join(' ')}`,
        });
      return jobResult(outcome, services, images);
    },
  });
