import type * as z from 'zod';
import {
  IMAGE_WORDS,
  type ImageWords,
  REMOTE_FILE_WORDS,
  REMOTE_IMAGE_WORDS,
} from '../../models/image-words.ts';
import { type JsonSchema, jsonSchema } from './schema.ts';
import type { Surface } from './surface.ts';

/** A tool's or a model's input as agents see it: its image fields tell only of what this server takes. */
export function shownSchema(
  schema: z.ZodType,
  { isLocal, readFrom }: Pick<Surface, 'isLocal' | 'readFrom'>,
): JsonSchema {
  const shown = jsonSchema(schema);
  if (isLocal) return shown;
  const words = readFrom ? REMOTE_FILE_WORDS : REMOTE_IMAGE_WORDS;
  const names = Object.keys(IMAGE_WORDS) as (keyof ImageWords)[];
  // The words have nothing that JSON escapes.
  const text = names.reduce(
    (json, name) => json.replaceAll(IMAGE_WORDS[name], words[name]),
    JSON.stringify(shown),
  );
  return JSON.parse(text);
}
