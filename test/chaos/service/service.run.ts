import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server.ts';
import { freshDataDir, KEY } from '../../support/program.ts';
import { createRandom } from '../../support/random.ts';
import { CLIENTS } from '../../support/service.ts';
import { startBalancer } from './balancer.ts';
import { type ChaosClient, connectClient } from './clients.ts';
import { startFleet } from './fleet.ts';
import { judge } from './judge.ts';
import { createService } from './replicas.ts';
import { startStore } from './stores.ts';
import { createStory } from './story.ts';
import { table } from './table.ts';
import { callUntilDone, type Wish } from './users.ts';

const JOBS = Number(process.env.CHAOS_JOBS ?? 1_000);
const SEED = Number(process.env.CHAOS_SEED ?? 20_261_122);
const AT_ONCE = 60;
// For how long the database is away in the middle of the run, in s; 0 for not at all.
const OUTAGE = Number(process.env.CHAOS_OUTAGE ?? 0);
const MAX_TOLD = 5;
const TIMEOUT = 60_000;
const MAX_ASKS = 3;

it(`service chaos: ${JOBS} pictures, seed ${SEED}`, async () => {
  const sandbox = await startSandbox({ key: KEY, pace: 0.2, slots: 1_000 });
  const store = await startStore(freshDataDir());
  const size = store.name === 'file' ? 1 : Number(process.env.CHAOS_REPLICAS ?? 3);
  const service = createService(sandbox.origin, store.args);
  const story = createStory();
  const fleet = await startFleet(size, { service, random: createRandom(SEED), tell: story.tell });
  const balancer = await startBalancer({
    targets: fleet.targets,
    promptOf: (id) => sandbox.engine.find(id)?.input.prompt as string | undefined,
    story,
  });
  const connect = (nth: number): Promise<ChaosClient> =>
    connectClient(
      balancer.url,
      CLIENTS[nth % CLIENTS.length] as (typeof CLIENTS)[number],
      service.tokens[Math.floor(nth / CLIENTS.length) % service.tokens.length] as string,
    );
  const clients = await Promise.all(Array.from({ length: AT_ONCE }, (_, nth) => connect(nth)));

  const wishes = Array.from({ length: JOBS }, (_, nth): Wish => {
    return { prompt: `picture ${nth} of ${SEED}`, doubts: [], calls: [] };
  });
  const queue = [...wishes];
  const tenants = new Map<string, ChaosClient>();
  const began = performance.now();
  const disturbed = fleet.disturb(balancer);
  const outage =
    OUTAGE > 0
      ? until(() => queue.length <= JOBS / 2).then(() => store.interrupt(OUTAGE * 1_000))
      : undefined;
  await Promise.all(
    clients.map(async (client) => {
      for (let wish = queue.shift(); wish; wish = queue.shift()) {
        tenants.set(wish.prompt, client);
        await callUntilDone(wish, { client, balancer, story, seed: SEED });
      }
    }),
  );
  const ms = performance.now() - began;
  await Promise.all([outage, fleet.calm(), disturbed]);

  const accepted = sandbox.engine.jobs;
  for (const { id, input, submittedAt } of accepted)
    story.tell(String(input.prompt), `RunComfy accepted ${id}`, submittedAt - performance.timeOrigin);
  const known = new Set<string>();
  const asked = [...accepted];
  const ask = async () => {
    for (let job = asked.shift(); job; job = asked.shift()) {
      const client = tenants.get(String(job.input.prompt));
      // Connections to replicas that were frozen until now may yet break off.
      for (let tries = 0; tries < MAX_ASKS && !known.has(job.id); tries++) {
        const answer = await client?.call('get_image_job', { request_id: job.id }, TIMEOUT);
        if (typeof answer === 'object' && answer.data.status === 'succeeded') known.add(job.id);
      }
    }
  };
  await Promise.all(clients.map(ask));
  const { kills, frozen } = fleet;
  const verdict = judge({ wishes, accepted, answered: balancer.answered, kills, frozen, known });
  const title = `service chaos, seed ${SEED}: ${size} replicas, ${store.name}${OUTAGE > 0 ? `, ${OUTAGE} s without it` : ''}`;
  process.stdout.write(table(title, { wishes, accepted: accepted.length, verdict, fleet, ms }));
  await balancer.close();
  await sandbox.close();

  const broken = [...verdict.lost, ...verdict.paidTwice, ...verdict.unfounded, ...verdict.late];
  const told = wishes.filter(({ prompt }) => broken.some((why) => why.startsWith(`${prompt}:`)));
  const stories = told.slice(0, MAX_TOLD).map(({ prompt }) => story.of(prompt));
  expect(broken, stories.join('\n')).toEqual([]);
  expect(fleet.exits.filter(({ code }) => code !== 0)).toEqual([]);
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(50);
}
