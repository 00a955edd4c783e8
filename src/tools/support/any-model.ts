import * as z from 'zod';
import type { Wait } from '../../jobs/calls.ts';
import type { Model } from '../../models/define.ts';
import { modelFromSchema } from '../../models/from-schema.ts';
import { shorten } from '../../runcomfy/sanitize.ts';
import type { Services } from './define.ts';
import { withTimeout } from './with-timeout.ts';

// Longer than any id, so that an id that is cut is none either.
const MAX_ID = 300;

/** A model's id as agents write it, without what they add. */
export const readModelId = (given: string): string =>
  shorten(given, MAX_ID)
    .trim()
    .replace(/^\/+|\/+$/g, '');

/** A model with its live schema. Throws `unknown_model` with similar ids. */
export async function liveModel(
  id: string,
  wait: Wait,
  { catalogue, clock }: Pick<Services, 'catalogue' | 'clock'>,
): Promise<Model> {
  const { value } = await withTimeout(clock, wait, (signal) => catalogue.model(id, signal));
  return modelFromSchema(value);
}

/** The input of a model that is not known yet. */
export const anyInput = (description: string) =>
  // Gemini refuses all tools because of an object without properties (cited). It says that it is open because some hosts
  // close what does not (Mastra, OpenAI Agents).
  z
    .looseObject({
      prompt: z
        .unknown()
        .meta({ type: 'string', description: 'What to make, for a model that takes a prompt.' })
        .optional(),
    })
    .meta({ description, additionalProperties: true });
