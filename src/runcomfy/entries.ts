import * as z from 'zod';
import { MODEL_ID } from './replies.ts';

/** A model as RunComfy's catalogue tells of it. The base price is neither a minimum nor a quote. */
export interface CatalogueEntry {
  model_id: string;
  display_name?: string | undefined;
  description: string;
  categories: string[];
  kind?: string | undefined;
  base_price_usd?: number | undefined;
  price_unit?: string | undefined;
  pricing_note?: string | undefined;
  required_inputs: string[];
  /** The published input as it stands there, with its oddities; absent where the service did not send it. */
  input_schema?: Record<string, unknown> | undefined;
}

function catalogueSchemas() {
  const text = z.string().optional().catch(undefined);
  /** The texts of what should be a list of texts. */
  const texts = z
    .array(z.unknown())
    .catch([])
    .transform((items) => items.filter((item) => typeof item === 'string'));
  const entry = z.object({
    model_id: z.string().regex(MODEL_ID),
    display_name: text,
    description: z.string().catch(''),
    categories: texts,
    kind: text,
    base_price_usd: z.number().min(0).optional().catch(undefined),
    price_unit: text,
    pricing_note: text,
    required_inputs: texts,
    input_schema: z.record(z.string(), z.unknown()).optional().catch(undefined),
  });
  const reply = z.object({
    models: z.array(z.unknown()),
    total: z.int().min(0).optional().catch(undefined),
  });
  return { entry, reply };
}

let made: ReturnType<typeof catalogueSchemas> | undefined;
/** Made for the first reply: at every start they would take 2 ms of it (measured). */
function schemas() {
  made ??= catalogueSchemas();
  return made;
}

/** Reads one catalogue entry; undefined for what names no model. */
export function readEntry(json: unknown): CatalogueEntry | undefined {
  return schemas().entry.safeParse(json).data;
}

/** Reads a page of the catalogue; what names no model is passed over, but counts in `seen`. */
export function readEntries(
  json: unknown,
): { models: CatalogueEntry[]; seen: number; total: number | undefined } | undefined {
  const reply = schemas().reply.safeParse(json).data;
  if (!reply) return undefined;
  const models = reply.models.flatMap((model) => readEntry(model) ?? []);
  return { models, seen: reply.models.length, total: reply.total };
}
