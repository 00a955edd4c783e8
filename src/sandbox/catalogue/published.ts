/** A model as RunComfy's catalogue publishes it. */
export interface PublishedModel {
  model_id: string;
  display_name?: string;
  description: string;
  categories: readonly string[];
  kind: 'model' | 'workflow' | 'inference';
  base_price_usd?: number;
  price_unit?: 'output' | 'second' | 'image';
  pricing_note?: string;
  model_url: string;
  inputs: readonly string[];
  required_inputs: readonly string[];
  input_schema: PublishedSchema;
}

export interface PublishedSchema {
  type: 'object';
  title: 'Input';
  /** May name what is no property. */
  required: readonly string[];
  properties: Record<string, PublishedField>;
}

/** A field with the oddities that RunComfy's schemas have. */
export interface PublishedField {
  title?: string;
  description?: string;
  type?: 'string' | 'integer' | 'float' | 'number' | 'boolean' | 'array' | 'object';
  enum?: readonly (string | number | null)[];
  default?: unknown;
  format?: 'image_uri' | 'image_uris' | 'video_uri' | 'audio_uri';
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: PublishedField;
  properties?: Record<string, PublishedField>;
  validations?: readonly {
    validation_rule: string;
    validation_value: unknown;
    validation_error?: string;
  }[];
}

/** What a model's output is called, and so what it holds. */
export type OutputField = 'image' | 'images' | 'video' | 'videos' | 'audio' | 'model';

/** A model of the sandbox: what it publishes, and how it answers. */
export interface SandboxModel {
  published: PublishedModel;
  output: OutputField;
}

type About = Partial<Omit<PublishedModel, 'model_id' | 'model_url' | 'inputs' | 'required_inputs'>> & {
  description: string;
  categories: readonly string[];
  output?: OutputField;
};

/** Writes a model down in the form of the catalogue. */
export function publish(
  model_id: string,
  { output = 'image', ...about }: About,
  required: readonly string[],
  properties: Record<string, PublishedField>,
): SandboxModel {
  return {
    output,
    published: {
      model_id,
      kind: 'model',
      model_url: `https://www.runcomfy.com/models/${model_id}`,
      inputs: Object.keys(properties),
      required_inputs: required,
      ...about,
      input_schema: { type: 'object', title: 'Input', required, properties },
    },
  };
}

/** The prompt as it stands in most schemas: with nothing said, and a sample as its default. */
export const prompt: PublishedField = {
  title: 'Prompt',
  description: '',
  type: 'string',
  default: 'A lighthouse on a cliff at dusk, waves below, film grain',
};

/** A choice; the first value is the default. */
export function oneOf(title: string, fallback: string, ...values: string[]): PublishedField {
  return { title, description: '', type: 'string', enum: values, default: fallback };
}

/** A seed as many schemas have it: a whole number whose default is null. */
export const seed: PublishedField = {
  title: 'Seed',
  description: 'The same seed gives the same picture',
  type: 'integer',
  default: null,
};

/** A link to an image, a film or a sound, with nothing more said. */
export const linkTo = (title: string, format: 'image_uri' | 'video_uri' | 'audio_uri'): PublishedField => ({
  title,
  description: '',
  type: 'string',
  format,
});

/** A number with its bounds, of the type that Python has for it. */
export const float = (fallback: number, minimum: number, maximum: number): PublishedField => ({
  description: '',
  type: 'float',
  default: fallback,
  minimum,
  maximum,
});
