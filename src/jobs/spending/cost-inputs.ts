type Input = Readonly<Record<string, unknown>>;

/** The inputs of a call that may affect its cost, by name, each as a text. */
export type CostInputs = ReadonlyMap<string, string>;

const SEED = /(?:^|_)seed$/i;
const TEXT = /(?:^|_)(?:prompt|text|lyrics|script|caption|description)s?$/i;
const REFERENCE = /^(?:https?|data|file|job):/i;
// In characters. No published choice is longer.
const MAX_CHOICE = 40;
const MAX_DEPTH = 4;

/**
 * Choices, numbers, switches and how many references there are may affect the cost; seeds, free text and what a
 * reference leads to may not. Records do not say which is which: a short text counts as a choice unless its name says
 * that it is free. One that is none makes the cost unknown, never too low.
 */
export function costInputs(input: Input, depth = 0): CostInputs {
  const inputs = new Map<string, string>();
  for (const [name, value] of Object.entries(input)) {
    const isFree = SEED.test(name) || (typeof value === 'string' && TEXT.test(name));
    const known = isFree ? undefined : describe(value, depth);
    if (known !== undefined) inputs.set(name, known);
  }
  return inputs;
}

/** A value as far as it may affect the cost; undefined if it may not. */
function describe(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') {
    if (REFERENCE.test(value)) return 'reference';
    return value.length > MAX_CHOICE ? undefined : JSON.stringify(value);
  }
  if (typeof value !== 'object') return value === undefined ? undefined : String(value);
  if (value === null) return undefined;
  if (depth === MAX_DEPTH) return 'nested';
  const parts = Array.isArray(value)
    ? value.map((one) => describe(one, depth + 1) ?? 'text')
    : [...costInputs(value as Input, depth + 1)].sort().map((named) => named.join(':'));
  return `[${parts.join()}]`;
}
