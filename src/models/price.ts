import { dollars } from '../jobs/spending/totals.ts';
import { MODELS } from './built-in/index.ts';
import type { CleanEntry } from './clean-entry.ts';
import type { PriceTable } from './define.ts';

const builtInTable = (modelId: string): PriceTable | undefined =>
  MODELS.find(({ id }) => id === modelId)?.price;

/** The published price of a call of a built-in model in USD; undefined if none is published. */
export function publishedPrice(modelId: string, input: Record<string, unknown>): number | undefined {
  const table = builtInTable(modelId);
  if (!table) return undefined;
  const value = String(input[table.field] ?? table.default);
  return Object.hasOwn(table.usd, value) ? table.usd[value] : undefined;
}

/** The published price in words, with its unit; undefined if there is none. */
export function priceText(entry: CleanEntry): string | undefined {
  const { base_price_usd, price_unit, pricing_note } = entry;
  const table = currentTable(entry);
  if (table) {
    const prices = Object.entries(table.usd).map(
      ([value, usd]) => `${dollars(usd)} ${value}${value === table.default ? ' (default)' : ''}`,
    );
    return `${prices.join(', ')} per image`;
  }
  if (base_price_usd === undefined) return pricing_note || undefined;
  const seconds = price_unit === 'second' ? entry.default_seconds : undefined;
  const total = seconds && `, ${dollars(base_price_usd * seconds)} for the default ${seconds} s`;
  return `${dollars(base_price_usd)} per ${price_unit || 'call'}${total ?? ''}${pricing_note ? `: ${pricing_note}` : ''}`;
}

/** What a call with default settings costs in USD by the published price; undefined if that does not tell. */
export function callPrice(entry: CleanEntry): number | undefined {
  const { base_price_usd, price_unit } = entry;
  const table = currentTable(entry);
  if (table) return table.usd[table.default];
  if (base_price_usd === undefined || price_unit !== 'second') return base_price_usd;
  const seconds = entry.default_seconds;
  return seconds && Math.round(base_price_usd * seconds * 1e6) / 1e6;
}

/** Our own table of a built-in model's prices, unless the catalogue now names another price. */
function currentTable({ model_id, base_price_usd }: CleanEntry): PriceTable | undefined {
  const table = builtInTable(model_id);
  const isCurrent = base_price_usd === undefined || Object.values(table?.usd ?? {}).includes(base_price_usd);
  return isCurrent ? table : undefined;
}
