import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { LimitCheck } from '../../src/jobs/store.ts';
import { accountDigest } from '../../src/stores/file/names.ts';
import { accountId } from '../../src/stores/postgres/ids.ts';
import { ACCOUNT, clock } from '../stores/backends.ts';
import { all, intent, open as openCall } from '../stores/conformance.ts';
import { startReplica } from './support/backend.ts';
import { freshTables } from './support/database.ts';

const limit: LimitCheck = () => undefined;
type Replica = Awaited<ReturnType<typeof startReplica>>;

const deleteAll = ({ database }: Replica) => database.run((sql) => sql`DELETE FROM runcomfy_images.accounts`);
const reserve = (replica: Replica, prompt: string, check?: LimitCheck) =>
  replica.store.reserve([intent(prompt)], openCall(replica as never).id, check);

it.each([
  ['reserve', (mine: Replica) => reserve(mine, 'an owl')],
  ['reserve within limits', (mine: Replica) => reserve(mine, 'an owl', limit)],
  ['takeReads', (mine: Replica) => mine.store.takeReads(1, 10)],
  [
    'approvals',
    async ({ store }: Replica) => {
      const code = randomUUID();
      const asked = { fingerprint: 'f', subject: 'a fox', expires: clock.now() + 60_000 };
      await store.approvals.request(code, asked);
      expect(await store.approvals.approve(code)).toEqual(asked);
      expect(await store.approvals.take('f', undefined)).toBe(true);
    },
  ],
] as const)('%s goes on after all rows of its account went', async (_, work) => {
  const mine = await startReplica(await freshTables());
  await reserve(mine, 'a fox', limit);
  await mine.store.takeReads(1, 10);
  await deleteAll(mine);
  await work(mine);
  await work(mine);
});

it('what RunComfy accepted is recorded after all rows of its account went', async () => {
  const mine = await startReplica(await freshTables());
  const [stored] = await reserve(mine, 'a fox', limit);
  await deleteAll(mine);
  await mine.store.accepted(stored as never, 'r-1');
  expect(await all(mine as never)).toMatchObject([{ job: { request_id: 'r-1' } }]);
});

it('an account sees nothing of one that got its rows first in a backup that was restored while it ran', async () => {
  const url = await freshTables();
  const red = await startReplica(url, { account: { ...ACCOUNT, tenant: 'red' } });
  await reserve(red, 'a secret fox', limit);
  await deleteAll(red);
  const blue = await startReplica(url, { account: { ...ACCOUNT, tenant: 'blue' } });
  const [stored] = await reserve(blue, 'an owl', limit);
  await blue.store.accepted(stored as never, 'r-blue');
  expect(await all(red as never)).toEqual([]);
  expect(await red.store.byRequestId('r-blue')).toBeUndefined();
  await reserve(red, 'a hare', (_, others) => (others.length > 0 ? (new Error('sees') as never) : undefined));
  expect((await all(blue as never)).map(({ job }) => job.input.prompt)).toEqual(['an owl']);
});

it('no two accounts have one id, however their names are put together', () => {
  const ids = [
    ['a', 'b'],
    ['b', 'a'],
    ['a","b', ''],
    ['', 'a","b'],
    ['ab', ''],
    ['', 'ab'],
    ['a\ud800', 'b'],
    ['a\ufffd', 'b'],
  ].map(([tenant = '', api = '']) => accountId({ tenant, api }));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

it('the pictures of an account lie under the digits of its id, by which an operator deletes them', () => {
  const account = { ...ACCOUNT, tenant: 'acme' };
  expect(accountId(account).replaceAll('-', '')).toBe(accountDigest(account));
});
