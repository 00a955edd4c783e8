import { shorten } from '../../../runcomfy/sanitize.ts';
import { pathIn } from './settings.ts';

// In characters of JSON: what people still paste to an agent.
const MAX_INPUT = 50_000;
// In characters, and names.
const [MAX_NAME, MAX_NAMES] = [200, 20];

/** An input as an agent gives it, and the names of the fields that are too long for that. */
export function givenInput(input: Record<string, unknown>): {
  input: Record<string, unknown>;
  cut: string[];
} {
  const fields: [string, unknown][] = [];
  const cut: string[] = [];
  let left = MAX_INPUT;
  for (const [name, value] of Object.entries(input)) {
    const json = jsonOf(value);
    const length = (json?.length ?? left) + name.length;
    if (json === undefined || length > left) {
      if (cut.length < MAX_NAMES) cut.push(shorten(name, MAX_NAME));
      continue;
    }
    left -= length;
    fields.push([name, JSON.parse(json)]);
  }
  return { input: Object.fromEntries(fields), cut };
}

/** A value with recorded files as their paths; undefined if it nests too deep to be written. */
function jsonOf(value: unknown): string | undefined {
  const asGiven = (_: string, one: unknown) =>
    typeof one === 'string' && /^file:/i.test(one) ? (pathIn(one) ?? one) : one;
  try {
    return JSON.stringify(value, asGiven);
  } catch {
    return undefined;
  }
}
