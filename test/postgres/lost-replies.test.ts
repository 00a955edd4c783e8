import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { StoredJob } from '../../src/jobs/store.ts';
import { all, intent, open as openCall } from '../stores/conformance.ts';
import { claimRepeat, reserve } from '../stores/single.ts';
import { createFastClock } from '../support/clock.ts';
import { open, startReplica } from './support/backend.ts';
import { freshTables } from './support/database.ts';
import { type Network, startProxy } from './support/proxy.ts';

const { fingerprint } = intent();

let network: Network;
let mine: Awaited<ReturnType<typeof startReplica>>;
beforeEach(async () => {
  network = await startProxy(await freshTables());
  onTestFinished(() => network.close());
  mine = await startReplica(network.url, { time: systemClock });
});

/** Does something whose statement is committed, and of whose reply nothing comes. */
async function losing<Result>(statement: string, work: () => Promise<Result>): Promise<Result> {
  const lost = network.loseReply(statement);
  const result = await work();
  await lost;
  return result;
}

const WRITE = 'UPDATE runcomfy_images.jobs';
const jobs = () => all(mine as never);

async function submitting() {
  const call = openCall(mine as never);
  const { id } = await reserve(mine.store, intent(), call.id);
  return { id, call, stored: (await mine.store.maySubmit(id, call.id)) as StoredJob };
}

describe('an operation whose reply is lost has done what it was to do, once', () => {
  it('reserve, within limits and without, of one job and of several', async () => {
    const limit = (_: unknown, others: readonly unknown[]) =>
      others.length === 0 ? undefined : (new Error('too many') as never);
    const wanted = intent();
    const call = openCall(mine as never);
    const stored = await losing('INSERT INTO runcomfy_images.jobs', () =>
      reserve(mine.store, wanted, call.id, limit),
    );
    expect(await jobs()).toEqual([stored]);
    expect(await mine.store.maySubmit(stored.id, call.id)).toMatchObject({ job: { state: 'submitting' } });

    const batch = [intent('an owl'), intent('a hare')];
    const both = await losing('INSERT INTO runcomfy_images.jobs', () =>
      mine.store.reserve(batch, openCall(mine as never).id),
    );
    expect(both.map(({ job }) => job.input)).toEqual(batch.map(({ job }) => job.input));
    expect(await jobs()).toHaveLength(3);
  });

  it('maySubmit, accepted, update, release', async () => {
    const call = openCall(mine as never);
    const { id } = await reserve(mine.store, intent(), call.id);
    const stored = (await losing(WRITE, () => mine.store.maySubmit(id, call.id))) as StoredJob;
    expect(stored).toMatchObject({ job: { state: 'submitting' }, lease: { call: call.id } });
    expect(await losing(WRITE, () => mine.store.accepted(stored, 'r-1'))).toMatchObject({
      job: { request_id: 'r-1', state: 'in_queue' },
    });
    const ended = await losing(WRITE, () =>
      mine.store.update(id, (job) => ({ ...job, state: 'succeeded', cost_usd: (job.cost_usd ?? 0) + 1 })),
    );
    expect(ended?.job.state).toBe('succeeded');
    const at = new Date().toISOString();
    await losing(WRITE, () => mine.store.release(id, call.id, at));
    const [last] = await jobs();
    expect(last?.job).toMatchObject({ state: 'succeeded', request_id: 'r-1', delivered_at: at });
    expect(last).not.toHaveProperty('lease');
  });

  it('accepted, of a job whose record is gone', async () => {
    const { id, call, stored } = await submitting();
    await mine.store.discard(id, call.id);
    await losing('INSERT INTO runcomfy_images.jobs', () => mine.store.accepted(stored, 'r-1'));
    expect(await jobs()).toMatchObject([{ id, job: { request_id: 'r-1' } }]);
  });

  it('lease and claimRepeat', async () => {
    const { id, call } = await submitting();
    call.close();
    const [first, second] = [openCall(mine as never), openCall(mine as never)];
    expect(await losing(WRITE, () => mine.store.lease(id, first.id))).toMatchObject({
      lease: { call: first.id },
    });
    first.close();
    const { signal } = new AbortController();
    const claim = () =>
      claimRepeat(mine.store, fingerprint, new Date(0).toISOString(), { ...second, signal });
    expect(await losing(WRITE, claim)).toMatchObject({ id, lease: { call: second.id } });
    expect(await claim()).toMatchObject({ id });
  });

  it('discard', async () => {
    const { id, call } = await submitting();
    await losing('DELETE FROM runcomfy_images.jobs', () => mine.store.discard(id, call.id));
    expect(await jobs()).toEqual([]);
  });

  it('an approval is given, and taken by the one who asked', async () => {
    const { approvals } = mine.store;
    const asked = { fingerprint, usd: 1, subject: 'a\0 \ud800 job', expires: Date.now() + 60_000 };
    const table = 'runcomfy_images.approvals';
    await losing(`INSERT INTO ${table}`, () => approvals.request('CODE', asked));
    expect(await losing(`UPDATE ${table}`, () => approvals.approve('CODE'))).toEqual(asked);
    expect(await losing(`UPDATE ${table}`, () => approvals.take(fingerprint, 1))).toBe(true);
    expect(await approvals.take(fingerprint, 1)).toBe(false);
    expect(await approvals.approve('CODE')).toBeUndefined();
  });
});

it('connections that are dead without a word are replaced', async () => {
  const { hostname, port } = new URL(network.url);
  const sockets: Socket[] = [];
  const relay = createServer((client) => {
    const server = connect(Number(port), hostname);
    sockets.push(client, server);
    for (const socket of [client, server]) socket.on('error', () => {});
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void relay.close());
  const url = new URL(network.url);
  url.port = String((relay.address() as AddressInfo).port);
  const database = await open(url.href, createFastClock(10));
  const all = () => Promise.all(Array.from({ length: 12 }, () => database.run((sql) => sql`SELECT 1`)));
  await all();
  await systemClock.sleep(600);
  for (const socket of sockets) socket.unpipe().pause();
  expect(await all()).toHaveLength(12);
  for (const socket of sockets) socket.destroy();
});
