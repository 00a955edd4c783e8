import { expect, it } from 'vitest';
import { ToolError } from '../../src/errors.ts';
import type { LimitCheck } from '../../src/jobs/store.ts';
import { ACCOUNT, clock } from '../stores/backends.ts';
import { intent, open as openCall } from '../stores/conformance.ts';
import { startReplica } from './support/backend.ts';
import { freshTables } from './support/database.ts';
import { unreliable } from './support/unreliable.ts';

const AN_HOUR = 20;
const limit: LimitCheck = (jobs, others) =>
  others.length + jobs.length <= AN_HOUR
    ? undefined
    : new ToolError('spend_limit', 'too many', { next: 'Wait.' });

/** Three replicas, each with connections of its own, and the stores of three tenants in each. */
async function start() {
  const url = await freshTables();
  const replicas = await Promise.all(Array.from({ length: 3 }, () => startReplica(url)));
  const accounts = ['red', 'green', 'blue'].map((tenant) => ({ ...ACCOUNT, tenant }));
  return accounts.map((account) =>
    replicas.map((replica) => ({ ...replica, account, store: replica.open(account) })),
  );
}

it.each([
  ['one job each', 1, 40],
  ['batches of 3, which count whole', 3, 12],
])(
  'of calls at once at three replicas, exactly those within the limits of three tenants: %s',
  async (_, size, calls) => {
    const tenants = await start();
    const settled = await Promise.all(
      tenants.map((replicas) =>
        Promise.allSettled(
          Array.from({ length: calls }, async (_, n) => {
            const replica = replicas[n % replicas.length] as (typeof replicas)[number];
            const intents = Array.from({ length: size }, (_, at) => intent(`${n} ${at}`, 0, replica.account));
            return replica.store.reserve(intents, openCall(replica as never).id, limit);
          }),
        ),
      ),
    );
    const admitted = Math.floor(AN_HOUR / size);
    for (const [at, calls_] of settled.entries()) {
      expect(calls_.filter(({ status }) => status === 'fulfilled')).toHaveLength(admitted);
      const refused = calls_.flatMap((call) => (call.status === 'rejected' ? [call.reason.code] : []));
      expect(refused).toEqual(Array.from({ length: calls - admitted }, () => 'spend_limit'));
      const jobs = [];
      for await (const stored of tenants[at]?.[0]?.store.newest() ?? []) jobs.push(stored);
      expect(jobs).toHaveLength(admitted * size);
    }
  },
);

it('a call that waits for the database holds up no other', async () => {
  const url = await freshTables();
  const { database } = await startReplica(url);
  const network = unreliable(database);
  let free = () => {};
  const run = network.database.run;
  const mine = await startReplica(network.database);
  await mine.store.reserve([intent('first')], openCall(mine as never).id, limit);
  const stuck = new Promise<void>((resolve) => {
    free = resolve;
  });
  network.database.run = async (...given) => {
    network.database.run = run;
    await stuck;
    return run(...given);
  };
  const first = mine.store.reserve([intent('stuck')], openCall(mine as never).id, limit);
  const began = clock.now();
  await mine.store.reserve([intent('second')], openCall(mine as never).id, limit);
  expect(clock.now() - began).toBeLessThan(2_000);
  free();
  await first;
});
