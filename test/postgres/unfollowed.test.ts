import { expect, it } from 'vitest';
import type { StoredJob } from '../../src/jobs/store.ts';
import type { Database } from '../../src/stores/postgres/database.ts';
import { clock } from '../stores/backends.ts';
import { intent, open as openCall } from '../stores/conformance.ts';
import { open, startReplica } from './support/backend.ts';
import { freshTables } from './support/database.ts';
import { unreliable } from './support/unreliable.ts';

const HOUR = 3_600_000;
const LONG_AGO = new Date(0).toISOString();

/** A database that counts the pieces of work that it is given. */
function counted(database: Database) {
  const counts = { work: 0 };
  const seen: Database = {
    ...database,
    run(...given) {
      counts.work += 1;
      return database.run(...given);
    },
  };
  return { seen, counts };
}

async function unfollowed({ store }: Awaited<ReturnType<typeof startReplica>>): Promise<StoredJob[]> {
  const found: StoredJob[] = [];
  for await (const stored of store.unfollowed(LONG_AGO, new Date(clock.now()).toISOString()))
    found.push(stored);
  return found;
}

it('of 500 jobs that calls of another replica follow, one look tells that nobody has to', async () => {
  const url = await freshTables();
  const mine = await startReplica(url);
  const { seen, counts } = counted(await open(url));
  const other = await startReplica(seen);
  for (let batch = 0; batch < 5; batch++) {
    const intents = Array.from({ length: 100 }, (_, nth) => intent(`${batch} ${nth}`, HOUR));
    await mine.store.reserve(intents, openCall(mine as never).id);
  }
  await unfollowed(other);
  counts.work = 0;
  expect(await unfollowed(other)).toEqual([]);
  // Pages of the jobs, a look, and beats meanwhile.
  expect(counts.work).toBeLessThan(10);
  await mine.kill();
  expect(await unfollowed(other)).toHaveLength(500);
});

it('a reservation that was recorded only after its call was told store_unavailable counts until nobody follows it', async () => {
  const url = await freshTables();
  const mine = await startReplica(url);
  const network = unreliable(mine.database);
  const late = await startReplica(network.database);
  const call = openCall(late as never);
  network.lose('late');
  await expect(late.store.reserve([intent('late', HOUR)], call.id)).rejects.toMatchObject({
    code: 'store_unavailable',
  });
  call.close();
  await network.back();

  const others: string[][] = [];
  const count = async (prompt: string) => {
    const call = openCall(mine as never);
    const [stored] = await mine.store.reserve([intent(prompt)], call.id, (_, jobs) => {
      others.push(jobs.map(({ input }) => String(input.prompt)));
      return undefined;
    });
    await mine.store.discard((stored as StoredJob).id, call.id);
  };
  await count('before');
  for (const replica of [late, mine]) {
    await clock.sleep(10_000);
    for (const stored of await unfollowed(replica)) await replica.store.giveUp(stored);
  }
  await count('after');
  expect(others).toEqual([['late'], []]);
  expect(await late.store.maySubmit((await ids(late))[0] ?? '', call.id)).toBeUndefined();

  async function ids({ database }: typeof mine): Promise<string[]> {
    const rows = await database.run((sql) => sql<{ id: string }[]>`SELECT id FROM runcomfy_images.jobs`);
    return rows.map(({ id }) => id);
  }
});
