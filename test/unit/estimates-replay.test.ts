import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/job.ts';
import type { Estimate } from '../../src/jobs/spending/estimates.ts';
import { estimatorOf } from '../support/estimates.ts';
import { createRandom } from '../support/random.ts';

const JOBS = 300;
const SEEDS = [1, 2, 3];

type Random = () => number;
type Input = Record<string, unknown>;

const pick = <Value>(random: Random, values: readonly Value[]): Value =>
  values[Math.floor(random() * values.length)] as Value;

/** A standard normal (Box and Muller). */
const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** What people vary without an effect on any cost. */
const free = (random: Random): Input => ({
  prompt: `a fox ${random()}`,
  seed: Math.floor(random() * 1e9),
  output_format: pick(random, ['png', 'png', 'jpeg', 'webp', undefined]),
  aspect_ratio: pick(random, ['1:1', '1:1', '3:2', '2:3', '16:9', '9:16']),
});

const QUALITY: Record<string, number> = { low: 0.01, medium: 0.04, high: 0.16 };
const RESOLUTION: Record<string, number> = { '1k': 1, '2k': 1.5, '4k': 3 };
const SIGMA = 0.25;

interface Structure {
  input(random: Random): Input;
  usd(input: Input, random: Random): number;
  /** How wide the middle 90% of the costs of one input are, by their median. */
  spread: number;
  /** How many of the 300 may be unknown. */
  maxUnknown: number;
}

const STRUCTURES: Record<string, Structure> = {
  'a table by quality and resolution': {
    input: (random) => ({
      ...free(random),
      quality: pick(random, Object.keys(QUALITY)),
      resolution: pick(random, Object.keys(RESOLUTION)),
    }),
    usd: ({ quality, resolution }) => (QUALITY[String(quality)] ?? 0) * (RESOLUTION[String(resolution)] ?? 0),
    spread: 0,
    maxUnknown: 60,
  },
  'a price per second': {
    input: (random) => ({
      prompt: `a film ${random()}`,
      image_url: `https://example.com/${random()}.png`,
      duration: pick(random, [4, 5, 5, 5, 6, 8, 10]),
      generate_audio: random() < 0.5,
    }),
    usd: ({ duration }) => 0.07 * Number(duration),
    spread: 0,
    maxUnknown: 30,
  },
  'tokens, by quality': {
    input: (random) => ({ ...free(random), quality: pick(random, Object.keys(QUALITY)) }),
    usd: ({ quality }, random) => (QUALITY[String(quality)] ?? 0) * Math.exp(SIGMA * normal(random)),
    spread: Math.exp(1.645 * SIGMA) - Math.exp(-1.645 * SIGMA),
    maxUnknown: 60,
  },
};

describe.each(Object.entries(STRUCTURES))('costs by %s, over 300 jobs', (_, structure) => {
  it.each(SEEDS)('are estimated rightly, closely and soon (seed %i)', async (seed) => {
    const random = createRandom(seed);
    const jobs: Job[] = [];
    const given: { estimate: Estimate; usd: number }[] = [];
    for (let count = 0; count < JOBS; count++) {
      const input = structure.input(random);
      const usd = Math.round(structure.usd(input, random) * 1e6) / 1e6;
      const estimate = (await estimatorOf(jobs))({ model: 'a/b', input });
      if (estimate) given.push({ estimate, usd });
      jobs.push({ model: 'a/b', input, state: 'succeeded', cost_usd: usd });
    }
    const within = given.filter(({ estimate: { low, high }, usd }) => low <= usd && usd <= high);
    const widths = given
      .map(({ estimate: { low, median, high } }) => (high - low) / median)
      .sort((a, b) => a - b);
    expect(within.length / given.length).toBeGreaterThanOrEqual(0.9);
    expect(widths[Math.floor(widths.length / 2)]).toBeLessThanOrEqual(1.5 * structure.spread);
    expect(JOBS - given.length).toBeLessThanOrEqual(structure.maxUnknown);
  });
});
