import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { StoredJob } from '../../src/jobs/store.ts';
import type { Database } from '../../src/stores/postgres/database.ts';
import { clock } from '../stores/backends.ts';
import { intent, open as openCall, put } from '../stores/conformance.ts';
import { claimRepeat, reserve } from '../stores/single.ts';
import { open, startReplica } from './support/backend.ts';
import { freshTables } from './support/database.ts';
import { startProxy } from './support/proxy.ts';
import { unreliable } from './support/unreliable.ts';

type Replica = Awaited<ReturnType<typeof startReplica>>;

const SECOND = 1_000;
const LONG_AGO = new Date(0).toISOString();
const { fingerprint } = intent();

let url: string;
let database: Database;
beforeEach(async () => {
  url = await freshTables();
  database = await open(url);
});

const repeat = (replica: Replica, call = openCall(replica as never)) =>
  claimRepeat(replica.store, fingerprint, LONG_AGO, { ...call, signal: new AbortController().signal });

/** A job that RunComfy works on, followed by a call that is open. */
async function followed(replica: Replica, prompt?: string) {
  const call = openCall(replica as never);
  const { id } = await reserve(replica.store, intent(prompt), call.id);
  const submitting = (await replica.store.maySubmit(id, call.id)) as StoredJob;
  await replica.store.accepted(submitting, `id-${id}`);
  return { id, call };
}

/** The causes of paying twice that were found by killing replicas. */
describe('a job is not paid for twice', () => {
  it('as only the lease of a call keeps a repeated call from it, not one who looks at it', async () => {
    const [mine, other, looker] = [await startReplica(url), await startReplica(url), await startReplica(url)];
    const { id } = await followed(mine);
    mine.die();
    // Whatever else a row may say of who looks after it.
    const seen = await looker.store.byRequestId(`id-${id}`);
    await looker.store.update(id, (job) => ({ ...job, state: 'in_progress' }));
    expect(seen?.id).toBe(id);
    expect(await repeat(other)).toMatchObject({ id });
  });

  it('as a claim that was committed, but whose reply was lost, finds itself', async () => {
    const mine = await startReplica(url);
    const network = await startProxy(url);
    onTestFinished(() => network.close());
    const other = await startReplica(network.url, { time: systemClock });
    const { id } = await put(mine as never, 'in_queue');
    await mine.kill();
    const call = openCall(other as never);
    const lost = network.loseReply('UPDATE runcomfy_images.jobs');
    expect(await repeat(other, call)).toMatchObject({ id, lease: { call: call.id } });
    await lost;
    expect(await repeat(other, call)).toMatchObject({ id });
  });

  it('as one beat proves nothing, which may have been sent before the death of its replica', async () => {
    const network = unreliable(database);
    const [mine, other] = [await startReplica(network.database), await startReplica(url)];
    const { id } = await followed(mine);
    await clock.sleep(3 * SECOND);
    network.lose('late');
    await clock.sleep(3 * SECOND);
    mine.die();
    const repeated = repeat(other);
    await clock.sleep(SECOND);
    await network.back();
    expect(await repeated).toMatchObject({ id });
  });

  it('as a lease of a replica that lives says nothing of a call of it that has ended', async () => {
    const [mine, other] = [await startReplica(url), await startReplica(url)];
    const { id, call } = await followed(mine);
    call.close();
    expect(await repeat(mine)).toMatchObject({ id });

    const theirs = await followed(mine);
    await clock.sleep(3 * SECOND);
    const repeated = repeat(other);
    await clock.sleep(100);
    theirs.call.close();
    expect(await repeated).toMatchObject({ id: theirs.id });
  });

  it('as each call of a replica is judged by itself', async () => {
    const [mine, other] = [await startReplica(url), await startReplica(url)];
    const [ended, going] = [await followed(mine), await followed(mine)];
    await clock.sleep(3 * SECOND);
    ended.call.close();
    expect(await repeat(other)).toMatchObject({ id: ended.id });
    const newer = await followed(mine);
    await clock.sleep(3 * SECOND);
    going.call.close();
    expect(await repeat(other)).toMatchObject({ id: going.id });
    expect(await repeat(other)).toBeUndefined();
    newer.call.close();
  });

  it('as a call is known to have ended though its lease could not be ended', async () => {
    const network = unreliable(database);
    const [mine, other] = [await startReplica(network.database), await startReplica(url)];
    const { id, call } = await followed(mine);
    network.lose('away');
    for (const end of [
      () => mine.store.release(id, call.id),
      () => mine.store.discard(id, call.id),
      () => mine.store.discard(id, call.id, `id-${id}`),
    ])
      await expect(end()).rejects.toMatchObject({ code: 'store_unavailable' });
    call.close();
    await network.back();
    await mine.store.discard(id, call.id);
    expect(await repeat(other)).toMatchObject({ id });
  });

  it('as a lease that was taken although nobody was told is one of a call that ended', async () => {
    const network = unreliable(database);
    const [mine, other] = [await startReplica(network.database), await startReplica(url)];
    const { id } = await put(mine as never, 'in_queue');
    const call = openCall(mine as never);
    const run = network.database.run;
    // Its statement is committed, and no reply comes before it gives up.
    network.database.run = async (work, ...limits) => {
      const result = await run(work, ...limits);
      const row = await run((sql) => sql`SELECT 1 FROM runcomfy_images.jobs WHERE call = ${call.id}`);
      if (row.count > 0) network.lose('away');
      return run(async () => result);
    };
    await expect(repeat(mine, call)).rejects.toMatchObject({ code: 'store_unavailable' });
    network.database.run = run;
    call.close();
    await network.back();
    await clock.sleep(10 * SECOND);
    expect(await repeat(other)).toMatchObject({ id });
  });
});

it('a replica names ended calls in its beat no longer than a record names them', async () => {
  const network = unreliable(database);
  const mine = await startReplica(network.database);
  const named = async () => {
    const [row] = await database.run(
      (sql) => sql<{ ended_calls: string[] }[]>`SELECT ended_calls FROM runcomfy_images.replicas`,
    );
    return row?.ended_calls;
  };
  const { id, call } = await followed(mine);
  network.lose('away');
  await expect(mine.store.release(id, call.id)).rejects.toThrow();
  call.close();
  await network.back();
  await clock.sleep(120 * SECOND);
  expect(await named()).toEqual([call.id]);
  await mine.store.update(id, (job) => ({ ...job, state: 'failed' }));
  await database.run((sql) => sql`UPDATE runcomfy_images.jobs SET holder = NULL, call = NULL`);
  await clock.sleep(120 * SECOND);
  expect(await named()).toEqual([]);
});
