import { describe, expect, it } from 'vitest';
import { checkBooks, readRecords } from '../support/books.ts';
import { type Connected, connect, freshDataDir, textOf } from '../support/program.ts';
import { createRandom, seedOf } from '../support/random.ts';

const MODEL = 'openai/gpt-image-2/text-to-image';
// What a job of that model counts against a budget, as nothing is known of its price.
const ASSUMED_USD = 0.25;
const ROUNDS = 3;
const BATCHES = 9;
const MAX_SIZE = 8;

/** Several servers that share records and an upstream which ends every job at its first look. */
async function start(count: number, limits: { maxJobsPerHour?: number; budgetUsd?: number }) {
  const setup = { sandboxOptions: { pace: 0, slots: 100 }, dataDir: freshDataDir(), ...limits };
  const one = await connect(setup);
  const others = Array.from({ length: count - 1 }, () => connect({ ...setup, baseUrl: one.sandbox.origin }));
  return [one, ...(await Promise.all(others))] as [Connected, ...Connected[]];
}

/** Calls for a batch; resolves to whether it was made, and throws if only some of it was. */
async function isMade({ client }: Connected, name: string, size: number): Promise<boolean> {
  const jobs = [{ model: MODEL, input: { prompt: name }, count: size }];
  const result = await client.callTool({ name: 'make_images', arguments: { jobs } });
  if (textOf(result).endsWith('[spend_limit]')) return false;
  expect(result.structuredContent).toMatchObject({ done: size, total: size });
  return true;
}

describe('batches of many sizes at once, from several servers, under a limit', () => {
  it.each([
    ['of jobs in an hour', (jobs: number) => ({ maxJobsPerHour: jobs })],
    ['of money in a day', (jobs: number) => ({ budgetUsd: jobs * ASSUMED_USD })],
  ])('%s are each made whole or not at all, and fill it as far as they fit', async (_, limitsFor) => {
    for (let round = 0; round < ROUNDS; round++) {
      const random = createRandom(seedOf(`batches ${round}`));
      const limit = 6 + Math.floor(random() * 25);
      const servers = await start(1 + (round % 3), limitsFor(limit));
      const sizes = Array.from({ length: BATCHES }, () => 1 + Math.floor(random() * MAX_SIZE));
      const made = await Promise.all(
        sizes.map((size, nth) => isMade(servers[nth % servers.length] as Connected, `batch ${nth}`, size)),
      );
      const [{ sandbox, config }] = servers;
      const sum = sizes.filter((_, nth) => made[nth]).reduce((all, size) => all + size, 0);
      expect(sandbox.engine.jobs, `round ${round}`).toHaveLength(sum);
      expect(sum).toBeLessThanOrEqual(limit);
      const refused = sizes.filter((_, nth) => !made[nth]);
      expect(Math.min(...refused), `round ${round}: ${limit - sum} of ${limit} are left`).toBeGreaterThan(
        limit - sum,
      );
      expect(readRecords(config.dataDir)).toHaveLength(sum);
      checkBooks(sandbox, config.dataDir, sum);
    }
  });
});
