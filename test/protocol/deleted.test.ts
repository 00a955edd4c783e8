import { describe, expect, it } from 'vitest';
import { readRecords } from '../support/books.ts';
import { CALL, finishAll } from '../support/calls.ts';
import { beside, call, dataOf, released } from '../support/deletion.ts';
import { type Connected, connect, eventually, textOf } from '../support/program.ts';
import { putRecord } from '../support/records.ts';
import { filesIn, libraryOf } from '../support/upstream-pictures.ts';
import { SHOWS_VIEWS } from '../support/view.ts';

const MODEL = 'openai/gpt-image-2/text-to-image';
const EDIT = 'gpt_image_1_5_image_to_image';

/** A job whose answer has arrived and that the user has deleted since. */
async function deleted() {
  const connected = await connect({ sandboxOptions: { pace: 0 }, clientCapabilities: SHOWS_VIEWS });
  const { request_id } = dataOf(await connected.client.callTool(CALL));
  await released(connected);
  expect(await beside(connected).erase(request_id)).toBe(true);
  const asked = connected.sandbox.requests.length;
  return { ...connected, request_id, reads: () => connected.sandbox.requests.length - asked };
}

const named = (text: string, id: string) => text.replaceAll(id, '<request_id>');

describe('a job that the user deleted', () => {
  it.each([
    ['get_image_job', (request_id: string) => ({ request_id })],
    ['peek_image_job', (request_id: string) => ({ request_id })],
    ['cancel_image_job', (request_id: string) => ({ request_id })],
    ['save_images', (request_id: string) => ({ images: [`job:${request_id}`] })],
    ['save_images', () => ({ images: ['last'] })],
    [EDIT, (request_id: string) => ({ prompt: 'in snow', image_urls: [`job:${request_id}#1`] })],
    [EDIT, () => ({ prompt: 'in snow', image_urls: ['last'] })],
  ] as const)('is named as such by %s %#, without asking RunComfy', async (name, args) => {
    const connected = await deleted();
    const { request_id, reads } = connected;
    const result = await call(connected, name, args(request_id));
    expect(result.isError).toBe(true);
    expect(named(textOf(result), request_id)).toMatchSnapshot();
    expect(reads()).toBe(0);
    expect(readRecords(connected.config.dataDir)).toHaveLength(1);
  });

  it('is in no list', async () => {
    const connected = await deleted();
    expect(dataOf(await call(connected, 'list_image_jobs')).jobs).toEqual([]);
  });

  it('is made anew by the same call if its answer had arrived', async () => {
    const connected = await deleted();
    const again = dataOf(await connected.client.callTool(CALL));
    expect(again.request_id).not.toBe(connected.request_id);
    expect(connected.sandbox.engine.jobs).toHaveLength(2);
  });

  it('gives the same call its links once if nobody was answered, and costs nothing again', async () => {
    const connected = await connect({ waitSeconds: 0, keepImagesBytes: 1e9, preview: 'small' });
    connected.sandbox.engine.planNext({ costUsd: 0.04 });
    const { request_id } = dataOf(await connected.client.callTool(CALL));
    await released(connected);
    finishAll(connected.sandbox);
    const { jobs, erase, store } = beside(connected);
    const { signal } = new AbortController();
    const { urls } = await jobs.lookAfter(request_id, signal);
    expect(await erase(request_id)).toBe(true);
    const left = await store.byRequestId(request_id, { withDeleted: true });
    const asked = await call(connected, 'get_image_job', { request_id });
    expect(textOf(asked)).toContain('The user deleted job');
    // Not even for a moment does that call have the job: the same call would be paid again.
    expect(await store.byRequestId(request_id, { withDeleted: true })).toEqual(left);
    const again = await connected.client.callTool(CALL);
    expect(again.structuredContent).toMatchObject({
      request_id,
      resumed: true,
      images: [{ url: urls?.[0] }],
    });
    expect(connected.sandbox.engine.jobs).toHaveLength(1);
    await released(connected);
    await eventually(() => readRecords(connected.config.dataDir)[0]?.urls).toBeUndefined();
    expect(JSON.stringify(readRecords(connected.config.dataDir))).not.toMatch(/a fox|originals/);
    await eventually(() => filesIn(libraryOf(connected.config))).toEqual([]);
    expect(dataOf(await connected.client.callTool(CALL)).request_id).not.toBe(request_id);
  });

  it('counts within the hour', async () => {
    const connected = await connect({ maxJobsPerHour: 1, sandboxOptions: { pace: 0 } });
    const { request_id } = dataOf(await connected.client.callTool(CALL));
    await released(connected);
    await beside(connected).erase(request_id);
    const refused = await call(connected, CALL.name, { prompt: 'an owl' });
    expect(textOf(refused)).toContain('1 job in the last hour');
  });

  it('counts against the budget at the most that it was estimated to cost', async () => {
    const connected = await connect({ budgetUsd: 0.07, sandboxOptions: { pace: 0 } });
    const { config, clock, sandbox } = connected;
    for (const hour of [100, 101, 102])
      putRecord(config, {
        ...{
          model: MODEL,
          state: 'succeeded',
          request_id: `r${hour}`,
          input: CALL.arguments,
          cost_usd: 0.04,
        },
        submitted_at: new Date(clock.now() - hour * 3_600_000).toISOString(),
      });
    sandbox.engine.planNext({ costAfterMs: Number.POSITIVE_INFINITY });
    const { request_id } = dataOf(await connected.client.callTool(CALL));
    await released(connected);
    expect(await beside(connected).erase(request_id)).toBe(true);
    const [record] = readRecords(config.dataDir);
    expect(record).toMatchObject({ request_id, estimated_usd: 0.04, input: {} });
    expect(record).not.toHaveProperty('cost_usd');
    const refused = await call(connected, CALL.name, { prompt: 'an owl' });
    expect(textOf(refused)).toContain(
      '$0.04 was spent in the last 24 hours (1 job, 1 estimated at up to $0.04)',
    );
  });
});

describe('a batch of which the user deleted jobs', () => {
  const FOX = { model: CALL.name, input: CALL.arguments };
  const make = (connected: Connected) => call(connected, 'make_images', { jobs: [{ ...FOX, count: 3 }] });
  const requestIds = (connected: Connected) =>
    readRecords(connected.config.dataDir)
      .sort((a, b) => (a.batch?.index ?? 0) - (b.batch?.index ?? 0))
      .map(({ request_id = '' }) => request_id);

  async function made() {
    const connected = await connect({ sandboxOptions: { pace: 0 } });
    const { batch } = dataOf(await make(connected));
    await released(connected);
    const ids = requestIds(connected);
    const { erase } = beside(connected);
    const get = () => call(connected, 'get_image_job', { request_id: batch });
    return { ...connected, batch, ids, erase, get };
  }

  it('is told with those that are left', async () => {
    const { erase, ids, get, batch, sandbox } = await made();
    await erase(ids[1] as string);
    const asked = sandbox.requests.length;
    const result = await get();
    expect(sandbox.requests.slice(asked)).toEqual([]);
    expect(result.structuredContent).toMatchObject({
      ...{ status: 'ended', done: 2, total: 3 },
      images: [{ n: 1 }, { n: 3 }],
      others: [{ n: 2, status: 'deleted', request_id: ids[1] }],
    });
    expect(textOf(result)).toContain(`2 deleted by the user (request_id ${ids[1]})`);
    expect(textOf(result)).not.toContain('Make only');
    expect(textOf(result)).toContain(batch);
  });

  it('is named as deleted when all are, and cannot be cancelled', async () => {
    const { erase, ids, get, batch, ...connected } = await made();
    for (const id of ids) await erase(id);
    const asked = connected.sandbox.requests.length;
    expect(textOf(await get()).replace(batch, 'batch:<id>')).toMatchSnapshot();
    const cancelled = await call(connected, 'cancel_image_job', { request_id: batch });
    expect(cancelled.structuredContent).toMatchObject({ outcome: 'already_ended', already_ended: [1, 2, 3] });
    expect(connected.sandbox.requests.length).toBe(asked);
  });

  it('is repeated without a new job, also for the one of which somebody was answered', async () => {
    const connected = await connect({ waitSeconds: 0 });
    await make(connected);
    await released(connected);
    finishAll(connected.sandbox);
    const ids = requestIds(connected);
    const { jobs, erase, store } = beside(connected);
    const { signal } = new AbortController();
    for (const id of ids) await jobs.lookAfter(id, signal);
    const [answered, owed] = ids as [string, string];
    const stored = await store.byRequestId(answered);
    await store.release(stored?.id ?? '', 'a call', new Date(connected.clock.now()).toISOString());
    for (const id of [answered, owed]) expect(await erase(id)).toBe(true);
    const asked = connected.sandbox.requests.length;
    const again = await make(connected);
    expect(again.structuredContent).toMatchObject({
      ...{ status: 'ended', done: 2, total: 3, resumed: true },
      images: [{ n: 2 }, { n: 3 }],
      others: [{ n: 1, status: 'deleted' }],
    });
    expect(connected.sandbox.engine.jobs).toHaveLength(3);
    expect(connected.sandbox.requests.slice(asked).filter(({ route }) => route === 'submit')).toEqual([]);
    const readAgain = connected.sandbox.requests.slice(asked).filter(({ path }) => path?.includes(answered));
    expect(readAgain).toEqual([]);
  });
});
