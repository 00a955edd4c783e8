import * as z from 'zod';

/** One of RunComfy's models as data: everything that a tool for it needs to know. */
export interface Model {
  /** RunComfy's model id, as it stands in the path of a submit. */
  readonly id: string;
  /** Name for people, as hosts show it. */
  readonly title: string;
  /** What the model is good at, for an agent that chooses between tools. */
  readonly description: string;
  /** The published input, closed. Published defaults are shown in it and never filled in. */
  readonly input: z.ZodObject;
  /** What an image costs by the value of one field, where RunComfy publishes it. */
  readonly price?: Price;
  /** What its outputs are; images unless told. */
  readonly makes?: 'image' | 'video' | 'audio' | '3d';
  /** Fields whose values are URLs of images, or one, that RunComfy has to fetch. */
  readonly imageFields: readonly string[];
}

/** Published prices in USD by the value of a field, and the value that counts where it is left out. */
export interface Price {
  readonly by: string;
  readonly usd: Readonly<Record<string, number>>;
  readonly otherwise: string;
}

/** The published price of a call in USD, or undefined where none is published. */
export function publishedPrice(
  { price }: Pick<Model, 'price'>,
  input: Record<string, unknown>,
): number | undefined {
  if (!price) return undefined;
  const value = String(input[price.by] ?? price.otherwise);
  return Object.hasOwn(price.usd, value) ? price.usd[value] : undefined;
}

/** Declares a model. Fields that hold images are those made by `imageUrls`. */
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
  return z
    .enum(values)
    .optional()
    .meta({ description: `${shown.description} Default: ${shown.default}.`, default: shown.default });
}

/** An optional whole number without published bounds; only what JSON can carry exactly is accepted. */
export function integer(shown: { default: number; description: string }) {
  return z
    .int()
    .optional()
    .meta({ description: `${shown.description} Default: ${shown.default}.`, default: shown.default });
}

const imageUrlFields = new WeakSet<object>();

/** A required list of `min` to `max` public https URLs of images. */
export function imageUrls(min: number, max: number, description: string) {
  const field = z.array(z.string()).min(min).max(max).meta({ description });
  imageUrlFields.add(field);
  return field;
}
