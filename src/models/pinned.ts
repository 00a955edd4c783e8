import type { Log } from '../log.ts';
import { MODELS } from './built-in/index.ts';
import type { Catalogue } from './catalogue.ts';
import type { CleanEntry } from './clean-entry.ts';
import type { Model } from './define.ts';
import { modelFromSchema } from './from-schema.ts';

// How long a start may wait for a catalogue that was never read before, in ms: less than most clients wait.
const MAX_WAIT = 4_000;

/**
 * The models that a user's patterns choose, in the order of the patterns; built-in ones need no catalogue. What is
 * missing is reported on standard error, and the rest is served.
 */
export async function pinnedModels(
  patterns: readonly string[],
  catalogue: Pick<Catalogue, 'pick'>,
  log: Log,
): Promise<Model[]> {
  const matchers = patterns.map(matcher);
  const rank = (id: string) => matchers.findIndex((matches) => matches(id));
  const byRank = (a: Model, b: Model) => rank(a.id) - rank(b.id);
  const isBuiltIn = (id: string) => MODELS.some((model) => model.id === id);
  const models = MODELS.filter(({ id }) => rank(id) >= 0).sort(byRank);
  if (patterns.every(isBuiltIn)) return models;
  let entries: CleanEntry[];
  try {
    entries = await catalogue.pick((id) => rank(id) >= 0 && !isBuiltIn(id), MAX_WAIT);
  } catch (error) {
    const why = (error as Error).message;
    log.error(`--models: the catalogue cannot be read, only built-in models are tools: ${why}`);
    // Without network and without a match there is still something to work with.
    return models.length > 0 ? models : [...MODELS];
  }
  const ids = [...models.map(({ id }) => id), ...entries.map(({ model_id }) => model_id)];
  for (const entry of entries) {
    if (Object.keys(entry.input_schema?.properties ?? {}).length > 0) models.push(modelFromSchema(entry));
    else
      log.error(`--models: ${entry.model_id} publishes no input, so it is no tool; run_image_model runs it`);
  }
  for (const [index, matches] of matchers.entries())
    if (!ids.some(matches)) log.error(`--models: "${patterns[index]}" matches no model`);
  return models.sort(byRank);
}

/** Whether an id matches a pattern, in which * stands for anything. */
export function matcher(pattern: string): (id: string) => boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*');
  const last = rest.pop();
  return (id) => {
    const text = id.toLowerCase();
    if (last === undefined) return text === first;
    if (!text.startsWith(first) || text.length < first.length + last.length) return false;
    // Each part at the first place where it can be: a regular expression would try every other place too.
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at + last.length <= text.length && text.endsWith(last);
  };
}
