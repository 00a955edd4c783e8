import * as z from 'zod';
import type { MediaKind } from '../runcomfy/outputs.ts';

/** A model of RunComfy's as data: everything that its tool needs to know. */
export interface Model {
  /** RunComfy's model id, which is part of the path of a submit. */
  readonly id: string;
  /** Its name for people; hosts show it. */
  readonly title: string;
  /** What the model is good at, for an agent that has to choose a tool. */
  readonly description: string;
  /** The published input, closed. Published defaults are shown in it, never filled in. */
  readonly input: z.ZodObject;
  /** What an image costs, where RunComfy publishes it. */
  readonly price?: PriceTable;
  /** What its outputs are; images unless told. */
  readonly mediaKind?: MediaKind;
  /** Fields that take one or more images: URLs, which RunComfy has to fetch, handles or paths. */
  readonly imageFields: readonly string[];
}

/** Published prices in USD by the value of a field, and its default value. */
export interface PriceTable {
  readonly field: string;
  readonly usd: Readonly<Record<string, number>>;
  readonly default: string;
}

/** Declares a model. Its image fields are those made by `imageUrls`. */
export function defineModel(model: Omit<Model, 'imageFields'>): Model {
  const imageFields = Object.entries(model.input.shape)
    .filter(([, field]) => imageUrlFields.has(field))
    .map(([name]) => name);
  return { ...model, imageFields };
}

/** The required prompt. RunComfy publishes no length; a blank one is refused because it would be paid for. */
export function prompt(description: string) {
  return z
    .string()
    .refine((text) => text.trim() !== '', 'must not be empty')
    .meta({ description });
}

/** An optional choice whose published default is shown to the caller and left to the service to apply. */
export function choice<const Values extends readonly [string, ...string[]]>(
  values: Values,
  shown: { default: Values[number]; description: string },
) {
  return z.enum(values).optional().meta(withDefault(shown));
}

/** An optional whole number without published bounds; only what JSON can carry exactly is accepted. */
export const integer = (shown: { default: number; description: string }) =>
  z.int().optional().meta(withDefault(shown));

const withDefault = (shown: { default: string | number; description: string }) => ({
  description: `${shown.description} Default: ${shown.default}.`,
  default: shown.default,
});

const imageUrlFields = new WeakSet<object>();

/** A required list of `min` to `max` images, each by its public https URL, handle or path, or `last`. */
export function imageUrls(min: number, max: number, description: string) {
  const field = z.array(z.string()).min(min).max(max).meta({ description });
  imageUrlFields.add(field);
  return field;
}
