import type { PublishedField, PublishedSchema } from './published.ts';

/** What the service would reject in an input, one line per problem. */
export function inputProblems(schema: PublishedSchema, input: Record<string, unknown>): string[] {
  const problems = schema.required
    .filter((name) => name in schema.properties && !(name in input))
    .map((name) => `${name}: field required`);
  for (const [name, value] of Object.entries(input)) {
    const field = schema.properties[name];
    const problem = field ? fieldProblem(field, value) : 'unexpected field';
    if (problem) problems.push(`${name}: ${problem}`);
  }
  return problems;
}

function fieldProblem(field: PublishedField, value: unknown): string | undefined {
  const { type, enum: values } = field;
  if (type === 'integer' || type === 'float' || type === 'number') {
    if (type === 'integer' && !Number.isInteger(value)) return 'not an integer';
    if (typeof value !== 'number') return 'not a number';
    const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = field;
    if (value < minimum || value > maximum) return `not between ${minimum} and ${maximum}`;
  }
  if (type === 'string' && typeof value !== 'string') return 'not a string';
  if (type === 'boolean' && typeof value !== 'boolean') return 'not a boolean';
  if (type === 'object' && (typeof value !== 'object' || !value)) return 'not an object';
  if (values && !values.includes(value as string)) return `not one of ${values.join(', ')}`;
  if (type === 'array') return listProblem(field, value);
  return field.format === 'image_uri' ? imageProblem(String(value)) : undefined;
}

function listProblem({ format, items, ...field }: PublishedField, value: unknown): string | undefined {
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) return 'not a list of strings';
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = field;
  if (value.length < minItems || value.length > maxItems) return `not ${minItems} to ${maxItems} items`;
  const holdsImages = format === 'image_uris' || items?.format === 'image_uri';
  return holdsImages ? value.map(imageProblem).find((problem) => problem !== undefined) : undefined;
}

// RunComfy's newest client sends no larger image as a `data:` URI.
const MAX_IMAGE_BYTES = 6 << 20;
const DATA_URI = /^data:image\/(?:png|jpeg|webp);base64,/;

function imageProblem(text: string): string | undefined {
  if (!text.startsWith('data:')) return URL.canParse(text) ? undefined : 'not a URL';
  const [head = ''] = DATA_URI.exec(text) ?? [];
  const base64 = text.slice(head.length);
  if (head === '' || base64.length % 4 > 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64))
    return 'not a PNG, JPEG or WebP image in base64';
  const bytes = Buffer.byteLength(base64, 'base64');
  return bytes > MAX_IMAGE_BYTES ? `an image of ${bytes} bytes, more than ${MAX_IMAGE_BYTES}` : undefined;
}
