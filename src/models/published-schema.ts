import { objectOf } from '../json.ts';

/** A JSON Schema as RunComfy publishes it, or a field of one. Anything may stand anywhere in it. */
export type PublishedSchema = Readonly<Record<string, unknown>>;

/** The keywords that bound a value. */
export const BOUNDS = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'];

const TYPES = ['string', 'integer', 'number', 'boolean', 'array', 'object'] as const;
type FieldType = (typeof TYPES)[number];
/** What published schemas call some of them. */
const ALIASES = new Map([
  ['str', 'string'],
  ['int', 'integer'],
  ['float', 'number'],
  ['bool', 'boolean'],
  ['list', 'array'],
  ['dict', 'object'],
]);

/** A name that every host takes as a key, and that means nothing to JavaScript. */
export const isFieldName = (name: string): boolean =>
  /^(?!__)[A-Za-z0-9_.-]{1,64}$/.test(name) && !(name in Object.prototype);

/** The fields of an object's schema, but for those whose names hosts refuse. */
export function fieldsOf(schema: PublishedSchema | undefined): Map<string, PublishedSchema> {
  const fields = Object.entries(objectOf(schema?.properties)).filter(([name]) => isFieldName(name));
  return new Map(fields.map(([name, field]) => [name, objectOf(field)]));
}

/** The names that a schema requires; it may require what is no field. */
export const requiredOf = (schema: PublishedSchema | undefined): string[] =>
  Array.isArray(schema?.required) ? schema.required.filter((name) => typeof name === 'string') : [];

/** The type of a field, or what its choices tell of it. Unions are not looked into. */
export function typeOf({ type, enum: choices, properties }: PublishedSchema): FieldType | undefined {
  const named = [type].flat().find((each) => each !== 'null');
  if (typeof named !== 'string' && properties) return 'object';
  const name = typeof named === 'string' ? named.toLowerCase() : typeof choicesOf(choices)[0];
  return TYPES.find((each) => each === (ALIASES.get(name) ?? name));
}

/** The values of an enum. Null and a blank stand for leaving it out, and Gemini refuses a blank one. */
export const choicesOf = (choices: unknown): unknown[] =>
  Array.isArray(choices) ? choices.filter((value) => value !== null && value !== '') : [];

/** The lower and the upper of two bounds, or none if they contradict each other. */
export function rangeOf(
  lower: unknown,
  upper: unknown,
): { min?: number | undefined; max?: number | undefined } {
  const [min, max] = [lower, upper].map((bound) => (Number.isFinite(bound) ? (bound as number) : undefined));
  return min !== undefined && max !== undefined && min > max ? {} : { min, max };
}

/** Whether a field takes URLs of images, or one. The format is the reliable cue; names differ from model to model. */
export const holdsImages = ({ format, items }: PublishedSchema): boolean =>
  [format, objectOf(items).format].some((cue) => cue === 'image_uri' || cue === 'image_uris');
