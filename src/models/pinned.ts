import type { Log } from '../log.ts';
import { MODELS } from './built-in/index.ts';
import type { Catalogue } from './catalogue.ts';
import type { Model } from './define.ts';
import { liveModel } from './from-schema.ts';
import { objectOf } from './published-field.ts';

// How long a start may wait for the catalogue, in ms, where none was ever read: within most clients' patience.
const MAX_WAIT = 4_000;

/**
 * The models that a user's patterns choose, in the order of the patterns; built-in ones need no catalogue. What cannot
 * be had is told on standard error, and the rest is there.
 */
export async function pinnedModels(
  patterns: readonly string[],
  catalogue: Pick<Catalogue, 'pick'>,
  log: Log,
): Promise<Model[]> {
  const tests = patterns.map(matcher);
  const isWanted = (id: string) => tests.some((test) => test(id));
  const builtIn = MODELS.filter(({ id }) => isWanted(id));
  const needsMore = patterns.some((pattern) => !MODELS.some(({ id }) => id === pattern));
  let problem = '';
  const entries = needsMore
    ? await catalogue.pick(isWanted, MAX_WAIT).catch((error: Error) => {
        problem = error.message;
        return [];
      })
    : [];
  const live = entries.filter(({ model_id }) => !MODELS.some(({ id }) => id === model_id));
  const unknowable = live.filter(
    (entry) => Object.keys(objectOf(entry.input_schema?.properties)).length === 0,
  );
  const all = [...builtIn, ...live.filter((entry) => !unknowable.includes(entry)).map(liveModel)];
  if (problem)
    log.error(`--models: the catalogue cannot be read, only built-in models are tools: ${problem}`);
  for (const { model_id } of unknowable)
    log.error(`--models: ${model_id} publishes no input, so it is no tool; run_image_model runs it`);
  for (const [index, test] of tests.entries()) {
    if (!problem && !all.some(({ id }) => test(id)) && !unknowable.some(({ model_id }) => test(model_id)))
      log.error(`--models: "${patterns[index]}" matches no model`);
  }
  const rank = (id: string) => tests.findIndex((test) => test(id));
  // Without network and without a match there is still something to work with.
  return problem && all.length === 0 ? [...MODELS] : all.sort((a, b) => rank(a.id) - rank(b.id));
}

/** Whether an id fits a pattern, in which * stands for anything. */
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
