import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import type { Lease } from '../../src/jobs/store.ts';
import { createLog } from '../../src/log.ts';
import type { Database } from '../../src/stores/postgres/database.ts';
import { createHolder } from '../../src/stores/postgres/holder.ts';
import { clock } from '../stores/backends.ts';
import { open } from './support/backend.ts';
import { freshTables } from './support/database.ts';
import { unreliable } from './support/unreliable.ts';

const { signal: never } = new AbortController();
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let database: Database;
beforeEach(async () => {
  database = await open(await freshTables());
});

/** A replica that holds a lease for a call. */
async function start(mine = database, time: Clock = clock) {
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const calls = new Set(['a call']);
  const log = createLog(
    'warn',
    (text) => text,
    () => {},
  );
  const holder = createHolder({ database: mine, openCalls: calls, clock: time, ended: end.signal, log });
  const lease = await holder.acquire('a key', 'a call');
  return { ...holder, lease, calls, die: () => end.abort() };
}

const rows = () =>
  database.run((sql) => sql<{ id: string; beats: number }[]>`SELECT id, beats FROM runcomfy_images.replicas`);
const beatsOf = async ({ holder }: Lease) => (await rows()).find(({ id }) => id === holder)?.beats;

/** Lets so many ms pass while all replicas run. */
const pass = (ms: number) => clock.sleep(ms);

describe('a replica', () => {
  it('lives while it beats, and is gone 6 s after its last beat, however many ask', async () => {
    const slow: Database['run'] = async (...given) => {
      const found = await database.run(...given);
      await clock.sleep(100);
      return found;
    };
    const [mine, other] = [await start({ ...database, run: slow }), await start()];
    expect(await mine.liveness(other.lease)).toBe('unknown');
    expect(await mine.watch(other.lease, never)).toBe('alive');
    other.die();
    const asked = clock.now();
    const asking = Array.from({ length: 40 }, async (_, n) => {
      await pass(n * 37);
      return mine.watch(other.lease, new AbortController().signal);
    });
    expect(new Set(await Promise.all(asking))).toEqual(new Set(['dead']));
    expect(clock.now() - asked).toBeLessThan(11 * SECOND);
    expect(await mine.liveness(other.lease)).toBe('dead');
  });

  it('is gone at once when it says so, and so is the lease of a call of it that ended', async () => {
    const [mine, other] = [await start(), await start()];
    other.calls.delete('a call');
    other.calls.add('another');
    const another = await other.acquire('another key', 'another');
    expect(await mine.watch(other.lease, never)).toBe('dead');
    expect(await mine.watch(another, never)).toBe('alive');
    await other.end();
    expect(await mine.liveness(another)).toBe('dead');
  });

  it('is not proven by beats that were given up before its death and arrive after the question', async () => {
    const mine = await start();
    const network = unreliable(database);
    const other = await start(network.database);
    await pass(3 * SECOND);
    network.lose('late');
    await pass(4 * SECOND);
    other.die();
    const watching = mine.watch(other.lease, never);
    const before = await beatsOf(other.lease);
    await pass(SECOND);
    await network.back();
    expect(await beatsOf(other.lease)).toBe((before ?? 0) + 1);
    expect(await watching).toBe('dead');
  });

  it('is not believed dead by one that was frozen, whose clock was set, or whose database was away', async () => {
    const network = unreliable(database);
    let set = 0;
    const time = { ...clock, now: () => clock.now() + set };
    const [mine, other] = [await start(network.database, time), await start()];
    await mine.liveness(other.lease);
    for (const ms of [MINUTE, -MINUTE, 10 * MINUTE]) {
      set += ms;
      expect(await mine.liveness(other.lease), `${ms}`).toBe('unknown');
      expect(await mine.watch(other.lease, never), `${ms}`).toBe('alive');
    }
    const watching = mine.watch(other.lease, never);
    await pass(SECOND);
    network.lose('away');
    await expect(mine.liveness(other.lease)).rejects.toMatchObject({ code: 'store_unavailable' });
    await pass(10 * SECOND);
    await network.back();
    expect(await mine.liveness(other.lease)).toBe('unknown');
    expect(await watching).toBe('alive');
  });

  it('is not believed dead when the database was away from all, for whatever time', async () => {
    for (const seconds of [1, 2, 3, 4, 5, 6, 10]) {
      const [network, others] = [unreliable(database), unreliable(database)];
      const [mine, other] = [await start(network.database), await start(others.database)];
      for (let began = 0; began < 2_000; began += 700) {
        await pass(4 * SECOND + began);
        const watching = mine.watch(other.lease, never);
        await pass(began);
        for (const one of [network, others]) one.lose('away');
        await pass(seconds * SECOND);
        await Promise.all([network.back(), others.back()]);
        expect(await mine.liveness(other.lease), `${seconds} s`).toBe('unknown');
        expect(await watching, `${seconds} s`).toBe('alive');
      }
      mine.die();
      other.die();
    }
  });

  it('is known again after its row was deleted, or set back by a backup', async () => {
    const [mine, other] = [await start(), await start()];
    await pass(10 * SECOND);
    const backup = await rows();
    await pass(20 * SECOND);
    const first = mine.watch(other.lease, never);
    await pass(SECOND);
    await database.run((sql) => sql`DELETE FROM runcomfy_images.replicas`);
    expect(await first).toBe('alive');
    const second = mine.watch(other.lease, never);
    await pass(SECOND);
    for (const { id, beats } of backup)
      await database.run((sql) => sql`UPDATE runcomfy_images.replicas SET beats = ${beats} WHERE id = ${id}`);
    expect(await second).toBe('alive');
  });

  it('is gone although a backup brings back its row with a count that nobody saw', async () => {
    const [mine, other] = [await start(), await start()];
    await pass(20 * SECOND);
    const backup = await rows();
    other.die();
    await database.run((sql) => sql`DELETE FROM runcomfy_images.replicas`);
    const watching = mine.watch(other.lease, never);
    await pass(SECOND);
    await database.run((sql) => sql`DELETE FROM runcomfy_images.replicas`);
    for (const row of backup)
      await database.run(
        (sql) => sql`INSERT INTO runcomfy_images.replicas ${sql(row)} ON CONFLICT DO NOTHING`,
      );
    // As when one older backup after the other is tried.
    for (const beats of [6, 3]) {
      await pass(SECOND);
      await database.run(
        (sql) => sql`UPDATE runcomfy_images.replicas SET beats = ${beats} WHERE id = ${other.lease.holder}`,
      );
    }
    expect(await watching).toBe('dead');
  });

  it('that never had a row is watched like any other', async () => {
    const mine = await start();
    const network = unreliable(database);
    network.lose('away');
    const other = await start(network.database);
    expect(await beatsOf(other.lease)).toBeUndefined();
    expect(await mine.liveness(other.lease)).toBe('unknown');
    const watching = mine.watch(other.lease, never);
    await network.back();
    expect(await watching).toBe('alive');
    expect(await mine.watch({ holder: '00000000-0000-4000-8000-000000000000', call: 'x' }, never)).toBe(
      'dead',
    );
  });

  it('whose database is away for a while asks again, and says so if it stays away', async () => {
    const { database: mine, lose, back } = unreliable(database);
    const [one, other] = [await start(mine), await start()];
    lose('away');
    const judged = Promise.all([one.liveness(other.lease), one.watch(other.lease, never)]);
    await pass(10 * SECOND);
    await back();
    expect(await judged).toEqual(['unknown', 'alive']);
    lose('away');
    await expect(one.liveness(other.lease)).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(one.watch(other.lease, never)).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
