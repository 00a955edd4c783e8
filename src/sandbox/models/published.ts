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
  /** May name fields that are not in `properties`. */
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
  validations?: readonly { validation_rule: string; validation_value: unknown; validation_error?: string }[];
}

/** What a model's output is called, and so what it holds. */
export type OutputField = 'image' | 'images' | 'video' | 'videos' | 'audio' | 'model';

/** A model of the sandbox: what it publishes, and how it answers. */
export interface SandboxModel {
  published: PublishedModel;
  output: OutputField;
}
