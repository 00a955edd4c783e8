import { type CostInputs, costInputs } from './cost-inputs.ts';
import { predictCost } from './cost-range.ts';
import type { Estimate } from './estimates.ts';

/** A call with what it cost, in USD. */
export interface CostedCall {
  input: Record<string, unknown>;
  usd: number;
}

interface Sample {
  inputs: CostInputs;
  usd: number;
}

/** The values, by input, that were found to cost the same. */
type Alike = Map<string, ReadonlySet<string>>;

// Older jobs of a model tell little of what it costs now.
const MAX_SAMPLES = 500;
// Of each value: in so many comparisons, and so many settings of the other inputs if there are that many.
const MIN_COMPARED = 3;
// Relative differences of costs that do not matter, and how many times those of equal calls' costs do not.
const NO_DIFFERENCE = 0.02;
const WITHIN_NOISE = 1.2;
// So many of the comparisons may be outliers.
const OUTLIERS = 0.1;

/**
 * Estimates the cost of a model's calls by earlier ones, newest first. Only jobs that agree in every input that may
 * affect the cost are compared, but for values of which the jobs show that they cost the same: the levels of a factor
 * are merged, as in CHAID. A value that was never used thus makes the cost unknown.
 */
export function createCostModel(
  calls: readonly CostedCall[],
): (input: Record<string, unknown>) => Required<Estimate> | undefined {
  const samples = calls
    .slice(0, MAX_SAMPLES)
    .map(({ input, usd }) => ({ inputs: costInputs(input), usd }))
    .reverse();
  const names = [...new Set(samples.flatMap(({ inputs }) => [...inputs.keys()]))];
  const alike = findAlike(names, samples);
  const costs = groupBy(samples, (sample) => keyOf(sample.inputs, names, alike));
  const estimates = new Map<string, Required<Estimate> | undefined>();

  return (input) => {
    const inputs = costInputs(input);
    if ([...inputs.keys()].some((name) => !names.includes(name))) return undefined;
    const key = keyOf(inputs, names, alike);
    if (!estimates.has(key)) estimates.set(key, predictCost((costs.get(key) ?? []).map(({ usd }) => usd)));
    return estimates.get(key);
  };
}

const keyOf = (inputs: CostInputs, names: readonly string[], alike: Alike): string =>
  JSON.stringify(names.map((name) => level(inputs, name, alike)));

/** The value of an input; 0 for all that cost the same. */
function level(inputs: CostInputs, name: string, alike: Alike): string | 0 {
  const value = inputs.get(name) ?? '';
  return alike.get(name)?.has(value) ? 0 : value;
}

/** Merges values until no more are found, as merged values give the others more to be compared with. */
function findAlike(names: readonly string[], samples: readonly Sample[]): Alike {
  const alike: Alike = new Map();
  for (let isNew = true; isNew; ) {
    isNew = false;
    for (const name of names) {
      const values = alikeIn(name, names, samples, alike);
      if (values.size <= (alike.get(name)?.size ?? 1)) continue;
      alike.set(name, values);
      isNew = true;
    }
  }
  return alike;
}

/** What costs differed by where one value of an input was compared with others, and in which settings of the others. */
interface Compared {
  differences: number[];
  settings: Set<string>;
}

/** The values of an input that make no difference where all the others agree. */
function alikeIn(
  name: string,
  names: readonly string[],
  samples: readonly Sample[],
  alike: Alike,
): ReadonlySet<string> {
  const others = names.filter((other) => other !== name);
  const settings = groupBy(samples, ({ inputs }) => keyOf(inputs, others, alike));
  const noise: number[] = [];
  const compared = new Map<string, Compared>();
  for (const [setting, ofSetting] of settings) {
    for (const equal of groupBy(ofSetting, ({ inputs }) => level(inputs, name, alike)).values())
      for (const [index, { usd }] of equal.slice(1).entries())
        noise.push(difference(usd, (equal[index] as Sample).usd));
    for (const pair of neighbours(ofSetting, name))
      for (const { inputs } of pair) {
        const value = inputs.get(name) ?? '';
        const found = compared.get(value) ?? { differences: [], settings: new Set() };
        found.differences.push(difference(pair[0].usd, pair[1].usd));
        found.settings.add(setting);
        compared.set(value, found);
      }
  }
  const allowed = Math.max(NO_DIFFERENCE, WITHIN_NOISE * typical(noise));
  const isAlike = (found: Compared) =>
    found.differences.length >= MIN_COMPARED &&
    found.settings.size >= Math.min(MIN_COMPARED, settings.size) &&
    typical(found.differences) <= allowed;
  return new Set([...compared].flatMap(([value, found]) => (isAlike(found) ? value : [])));
}

/** Each sample with the latest earlier one of another value: close in time, so that a changed price shows once. */
function* neighbours(samples: readonly Sample[], name: string): Generator<[Sample, Sample]> {
  let before: Sample | undefined;
  let other: Sample | undefined;
  for (const sample of samples) {
    if (before && before.inputs.get(name) !== sample.inputs.get(name)) other = before;
    if (other) yield [sample, other];
    before = sample;
  }
}

const difference = (one: number, other: number): number =>
  one === other ? 0 : Math.abs(Math.log(one / other));

/** The root mean square, without outliers. */
function typical(differences: readonly number[]): number {
  const count = Math.ceil(differences.length * (1 - OUTLIERS));
  const kept = [...differences].sort((a, b) => a - b).slice(0, count);
  return kept.length === 0 ? 0 : Math.sqrt(kept.reduce((sum, one) => sum + one ** 2, 0) / kept.length);
}

function groupBy<Item, Key>(items: readonly Item[], keyOfItem: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
