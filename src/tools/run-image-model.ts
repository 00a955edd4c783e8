import * as z from 'zod';
import { type RunServices, runModel } from './model-tool.ts';
import { anyInput, liveModel, readModelId } from './support/any-model.ts';
import { readArguments } from './support/arguments.ts';
import { defineTool } from './support/define.ts';

/** The tool that runs any model. */
export const runImageModel = (services: RunServices) =>
  defineTool({
    name: 'run_image_model',
    title: 'Run an image model',
    description: `Run any RunComfy model by its id. The input is checked against its live schema before anything is paid. Image fields take job:… handles${services.surface.isLocal ? ', last' : ''} or URLs. Video and audio come without previews. A call is a paid job.`,
    input: z.strictObject({
      model: z.string().meta({ description: 'Model id, such as google/nano-banana-2/edit.' }),
      input: anyInput('Fields as find_image_models describes them for this model.'),
    }),
    // The whole of a job's schema would cost half a kB of context.
    output: z.looseObject({ request_id: z.string(), status: z.string() }),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    searchHint: 'generate or edit images, video or audio with any AI model',
    isPaid: true,
    view: 'shown',
    async run({ model: given, input }, call) {
      const model = await liveModel(readModelId(given), call.wait, services);
      return runModel(model, readArguments({ name: model.id, input: model.input }, input), call, services);
    },
  });
