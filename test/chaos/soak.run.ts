import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/server.ts';

import { seedRecords } from '../bench/records.ts';
import { freshDataDir, KEY } from '../support/program.ts';
import { createRandom } from '../support/random.ts';
import { type RawClient, startRawClient } from '../support/raw-client.ts';

import { startMixedCalls } from './mixed-calls.ts';

const MINUTES = Number(process.env.SOAK_MINUTES ?? 15);
const PROBE = join(import.meta.dirname, 'memory-probe.cjs');
const MAX_GROWTH = 0.05;
const MINUTE = 60_000;
// As many as are kept in memory, all of the last 24 hours, so that the budget's check reads each of them.
const EARLIER_JOBS = 2_500;

it(`soak: ${MINUTES} minutes of mixed calls, as they come to a server that has run for long`, async () => {
  const random = createRandom(1);
  const sandbox = await startSandbox({ key: KEY, pace: 0.1, slots: 20 });
  sandbox.failAtRandom((route) => {
    if (random() > 0.04) return undefined;
    return route === 'submit' ? { status: 502, body: '<html>' } : { status: 500, body: { message: 'sorry' } };
  });
  const dataDir = freshDataDir();
  seedRecords(dataDir, sandbox.origin, { to: EARLIER_JOBS });
  const client = await startRawClient({
    baseUrl: sandbox.origin,
    dataDir,
    args: ['--preview', 'small', '--output-dir', freshDataDir(), '--wait', '5', '--budget', '100000'],
    nodeOptions: ['--expose-gc', '--require', PROBE],
    ipc: true,
  });

  const from = performance.now();
  let calls = 0;
  /** Lets calls run until so many minutes after the start, telling the memory each minute; then what is left without garbage. */
  async function runUntil(minutes: number): Promise<number> {
    const mixed = startMixedCalls(client, random);
    for (;;) {
      const now = performance.now() - from;
      const next = Math.min(Math.floor(now / MINUTE) + 1, minutes);
      if (next * MINUTE <= now) break;
      await delay(next * MINUTE - now);
      tell(next, calls + mixed.counts.calls, await memory(client));
    }
    await mixed.stop();
    calls += mixed.counts.calls;
    const collected = await memory(client, true);
    tell(minutes, calls, collected, 'collected');
    return collected.heapUsed + collected.external;
  }

  const early = await runUntil(MINUTES / 3);
  const late = await runUntil(MINUTES);
  await client.die();
  await sandbox.close();
  expect(late / early - 1, 'growth of heapUsed + external').toBeLessThanOrEqual(MAX_GROWTH);
});

async function memory({ child }: RawClient, collect = false): Promise<NodeJS.MemoryUsage> {
  const told = once(child, 'message');
  child.send({ collect });
  const [usage] = await told;
  return usage;
}

const MB = 1e6;

function tell(minute: number, calls: number, usage: NodeJS.MemoryUsage, how = ''): void {
  const { heapUsed, external, rss } = usage;
  const figures = `heapUsed + external ${((heapUsed + external) / MB).toFixed(1)} MB, rss ${(rss / MB).toFixed(1)} MB`;
  process.stdout.write(`soak, minute ${minute.toFixed(1)}, ${calls} calls: ${figures} ${how}\n`);
}
