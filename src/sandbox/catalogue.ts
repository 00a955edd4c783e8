/** A model's input as RunComfy publishes it, reduced to what the service checks. */
export interface PublishedSchema {
  required: readonly string[];
  properties: Record<string, PublishedField>;
}

export interface PublishedField {
  /** Every list is one of images: URLs that the service can fetch, or `data:` URIs. */
  type: 'string' | 'integer' | 'array';
  enum?: readonly string[];
  default?: string | number;
  minItems?: number;
  maxItems?: number;
}

const prompt: PublishedField = { type: 'string' };
const oneOf = (fallback: string, ...values: string[]): PublishedField => ({
  type: 'string',
  enum: values,
  default: fallback,
});

/** The models that the sandbox serves, each written down from its page apart from the tools' own schemas. */
export const CATALOGUE: Record<string, PublishedSchema> = {
  'openai/gpt-image-2/text-to-image': {
    required: ['prompt'],
    properties: {
      prompt,
      aspect_ratio: oneOf('1:1', '1:1', '3:2', '2:3', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'),
      resolution: oneOf('1k', '1k', '2k', '4k'),
      quality: oneOf('medium', 'low', 'medium', 'high'),
      output_format: oneOf('png', 'png', 'jpeg', 'webp'),
    },
  },
  'openai/gpt-image-1-5/text-to-image': {
    required: ['prompt'],
    properties: {
      prompt,
      image_size: oneOf('1536x1024', '1024x1024', '1536x1024', '1024x1536'),
      background: oneOf('auto', 'auto', 'transparent', 'opaque'),
      quality: oneOf('high', 'low', 'medium', 'high'),
      output_format: oneOf('png', 'jpeg', 'png', 'webp'),
    },
  },
  'openai/gpt-image-1-5/image-to-image': {
    required: ['prompt', 'image_urls'],
    properties: {
      prompt,
      image_urls: { type: 'array', minItems: 1, maxItems: 10 },
      image_size: oneOf('auto', 'auto', '1024x1024', '1536x1024', '1024x1536'),
      background: oneOf('auto', 'auto', 'transparent', 'opaque'),
      quality: oneOf('high', 'low', 'medium', 'high'),
      input_fidelity: oneOf('high', 'low', 'high'),
      output_format: oneOf('png', 'jpeg', 'png', 'webp'),
    },
  },
  'openai/gpt-4o-image/text-to-image': {
    required: ['prompt'],
    properties: {
      prompt,
      background: oneOf('opaque', 'transparent', 'opaque'),
      size: oneOf('1:1', '3:2', '1:1', '2:3'),
    },
  },
  'imagineart/imagineart-1.5-preview/text-to-image': {
    required: ['prompt'],
    properties: {
      prompt,
      aspect_ratio: oneOf('1:1', '1:1', '3:1', '1:3', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3'),
      seed: { type: 'integer', default: 0 },
    },
  },
};

/** What the service would say against an input, one line a problem. */
export function inputProblems(schema: PublishedSchema, input: Record<string, unknown>): string[] {
  const problems = schema.required
    .filter((name) => !(name in input))
    .map((name) => `${name}: field required`);
  for (const [name, value] of Object.entries(input)) {
    const field = schema.properties[name];
    const problem = field ? fieldProblem(field, value) : 'unexpected field';
    if (problem) problems.push(`${name}: ${problem}`);
  }
  return problems;
}

function fieldProblem(field: PublishedField, value: unknown): string | undefined {
  if (field.type === 'integer') return Number.isInteger(value) ? undefined : 'not an integer';
  if (field.type === 'string') {
    if (typeof value !== 'string') return 'not a string';
    return field.enum && !field.enum.includes(value) ? `not one of ${field.enum.join(', ')}` : undefined;
  }
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) return 'not a list of strings';
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = field;
  if (value.length < minItems || value.length > maxItems) return `not ${minItems} to ${maxItems} items`;
  return value.map(imageProblem).find((problem) => problem !== undefined);
}

// RunComfy's newest client sends no larger image as a `data:` URI, in bytes.
const MOST_IMAGE = 6 << 20;
const DATA_URI = /^data:image\/(?:png|jpeg|webp);base64,/;

function imageProblem(text: string): string | undefined {
  if (!text.startsWith('data:')) return URL.canParse(text) ? undefined : 'not a URL';
  const [head = ''] = DATA_URI.exec(text) ?? [];
  const base64 = text.slice(head.length);
  if (head === '' || base64.length % 4 > 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64))
    return 'not a PNG, JPEG or WebP image in base64';
  const bytes = Buffer.byteLength(base64, 'base64');
  return bytes > MOST_IMAGE ? `an image of ${bytes} bytes, more than ${MOST_IMAGE}` : undefined;
}
