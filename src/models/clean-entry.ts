import { objectOf } from '../json.ts';
import type { CatalogueEntry } from '../runcomfy/catalogue-entry.ts';
import { quoteUntrusted } from '../runcomfy/sanitize.ts';
import { type Clean, cleanInput, fieldNames, type InputSchema } from './clean-input.ts';

// In characters.
const MAX_DESCRIPTION = 1_000;
const MAX_CATEGORIES = 20;

/** An entry of the catalogue that may be kept and shown. */
export interface CleanEntry extends Omit<CatalogueEntry, 'input_schema'> {
  input_schema?: InputSchema | undefined;
}

/** An entry with every text cut, sanitized and without the key, and with what is understood of its input. */
export function cleanEntry(entry: CatalogueEntry, redact: (text: string) => string): CleanEntry {
  const clean: Clean = (text, max) => quoteUntrusted(text, { redact, max });
  const { model_id, display_name, base_price_usd, price_unit, pricing_note, input_schema } = entry;
  return {
    // First, as the catalogue's file is searched by it.
    model_id,
    display_name: display_name && clean(display_name),
    description: clean(entry.description, MAX_DESCRIPTION),
    categories: entry.categories.slice(0, MAX_CATEGORIES).map((category) => clean(category)),
    base_price_usd,
    price_unit: price_unit && clean(price_unit),
    pricing_note: pricing_note && clean(pricing_note),
    required_inputs: fieldNames(entry.required_inputs),
    default_seconds: defaultSeconds(input_schema),
    input_schema: input_schema && cleanInput(input_schema, clean),
  };
}

/** 5, `"5"` or `"5s"`, as published schemas have it, whether or not it fits the field's own type and choices. */
function defaultSeconds(published: unknown): number | undefined {
  const { default: seconds } = objectOf(objectOf(objectOf(published).properties).duration);
  const number = Number.parseFloat(String(seconds));
  return number > 0 ? number : undefined;
}
