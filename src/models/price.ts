import { dollars } from '../jobs/spending/totals.ts';
import type { CatalogueEntry } from '../runcomfy/catalogue-entry.ts';
import { quoteUntrusted } from '../runcomfy/sanitize.ts';
import { MODELS } from './built-in/index.ts';
import { objectOf } from './published-field.ts';

/** The published price in words, with its unit; undefined where none is told. */
export function priceWords(entry: CatalogueEntry): string | undefined {
  const { base_price_usd, price_unit, pricing_note } = entry;
  const table = tableOf(entry);
  if (table) {
    const prices = Object.entries(table.usd).map(
      ([value, usd]) => `${dollars(usd)} ${value}${value === table.otherwise ? ' (default)' : ''}`,
    );
    return `${prices.join(', ')} per image`;
  }
  const note = quoteUntrusted(pricing_note ?? '');
  if (base_price_usd === undefined) return note || undefined;
  const unit = quoteUntrusted(price_unit ?? '') || 'call';
  const seconds = price_unit === 'second' ? usualSeconds(entry) : undefined;
  const whole =
    seconds === undefined ? '' : `, ${dollars(base_price_usd * seconds)} for the default ${seconds} s`;
  return `${dollars(base_price_usd)} per ${unit}${whole}${note === '' ? '' : `: ${note}`}`;
}

/** What a call that leaves its settings out costs in USD by the published price; undefined where that does not tell. */
export function callPrice(entry: CatalogueEntry): number | undefined {
  const { base_price_usd, price_unit } = entry;
  const table = tableOf(entry);
  if (table) return table.usd[table.otherwise];
  if (base_price_usd === undefined || price_unit !== 'second') return base_price_usd;
  const seconds = usualSeconds(entry);
  return seconds === undefined ? undefined : Math.round(base_price_usd * seconds * 1e6) / 1e6;
}

/** Our own table of a built-in model's prices, unless the catalogue has gone on to another price. */
function tableOf({ model_id, base_price_usd }: CatalogueEntry) {
  const { price } = MODELS.find(({ id }) => id === model_id) ?? {};
  const isOfToday = base_price_usd === undefined || Object.values(price?.usd ?? {}).includes(base_price_usd);
  return isOfToday ? price : undefined;
}

/** The default length in seconds: 5, `"5"` or `"5s"`, as schemas have it. */
function usualSeconds({ input_schema }: CatalogueEntry): number | undefined {
  const { default: usual } = objectOf(objectOf(input_schema?.properties).duration);
  const seconds = Number.parseFloat(String(usual));
  return seconds > 0 ? seconds : undefined;
}
