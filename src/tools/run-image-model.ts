import * as z from 'zod';
import { modelFromSchema } from '../models/from-schema.ts';
import { shorten } from '../runcomfy/sanitize.ts';
import { type RunServices, runModel } from './model-tool.ts';
import { readArguments } from './support/arguments.ts';
import { defineTool } from './support/define.ts';
import { withTimeout } from './support/with-timeout.ts';

// Longer than any id, so that an id that is cut is none either.
const MAX_ID = 300;

/** The tool that runs any model. */
export const runImageModel = (services: RunServices) =>
  defineTool({
    name: 'run_image_model',
    title: 'Run an image model',
    description:
      'Run any RunComfy model by its id. The input is checked against its live schema before anything is paid. Image fields take job:… handles, last or URLs. Video and audio come without previews. A call is a paid job.',
    input: z.strictObject({
      model: z.string().meta({ description: 'Model id, such as google/nano-banana-2/edit.' }),
      // Gemini refuses all tools because of an object without properties (cited). It says that it is open because some
      // hosts close what does not (Mastra, OpenAI Agents).
      input: z
        .looseObject({
          prompt: z
            .unknown()
            .meta({ type: 'string', description: 'What to make, for a model that takes a prompt.' })
            .optional(),
        })
        .meta({
          description: 'Fields as find_image_models describes them for this model.',
          additionalProperties: true,
        }),
    }),
    // The whole of a job's schema would cost half a kB of context.
    output: z.looseObject({ request_id: z.string(), status: z.string() }),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    searchHint: 'generate or edit images, video or audio with any AI model',
    isPaid: true,
    view: 'shown',
    async run({ model: given, input }, call) {
      const { catalogue, clock } = services;
      const id = shorten(given, MAX_ID)
        .trim()
        .replace(/^\/+|\/+$/g, '');
      const { value: entry } = await withTimeout(clock, call.wait, (signal) => catalogue.model(id, signal));
      const model = modelFromSchema(entry);
      return runModel(model, readArguments({ name: model.id, input: model.input }, input), call, services);
    },
  });
