import * as z from 'zod';
import { MODEL_ID } from './replies.ts';

function catalogueSchemas() {
  const text = z.string().optional().catch(undefined);
  /** The texts in what should be a list of texts. */
  const texts = z
    .array(z.unknown())
    .catch([])
    .transform((items) => items.filter((item) => typeof item === 'string'));
  const entry = z.object({
    model_id: z.string().regex(MODEL_ID),
    display_name: text,
    description: z.string().catch(''),
    categories: texts,
    /** Neither a minimum nor a quote. */
    base_price_usd: z.number().min(0).optional().catch(undefined),
    price_unit: text,
    pricing_note: text,
    required_inputs: texts,
    /** Ours, in the catalogue as it is saved: how long a video is if nothing else is asked for. */
    default_seconds: z.number().optional().catch(undefined),
    /** The published input as it is, with its oddities; absent if the service did not send it. */
    input_schema: z.record(z.string(), z.unknown()).optional().catch(undefined),
  });
  const page = z.object({
    models: z.array(z.unknown()),
    total: z.int().min(0).optional().catch(undefined),
  });
  return { entry, page };
}

/** A model as RunComfy's catalogue describes it. */
export type CatalogueEntry = z.infer<ReturnType<typeof catalogueSchemas>['entry']>;

let made: ReturnType<typeof catalogueSchemas> | undefined;
/** Made for the first reply: at every start they would take 2 ms (measured). */
function schemas() {
  made ??= catalogueSchemas();
  return made;
}

/** Reads one catalogue entry; undefined for what names no model. */
export const readEntry = (json: unknown): CatalogueEntry | undefined => schemas().entry.safeParse(json).data;

/** Reads a page of the catalogue; what names no model is left out, but counts in `seen`. */
export function readEntries(json: unknown) {
  const { data } = schemas().page.safeParse(json);
  if (!data) return undefined;
  const { models, total } = data;
  return { models: models.flatMap((model) => readEntry(model) ?? []), seen: models.length, total };
}
