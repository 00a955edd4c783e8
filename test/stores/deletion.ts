import { describe, expect, it } from 'vitest';
import { type Job, type Original, withFavourite, withOriginals } from '../../src/jobs/job.ts';
import type { LimitCheck, StoredJob } from '../../src/jobs/store.ts';
import { transition } from '../../src/jobs/transition.ts';
import { ACCOUNT, type Backend, clock, type Process } from './backends.ts';
import { all, DAY, HOUR, intent, open, put as putLeased } from './conformance.ts';
import { claimRepeat, reserve } from './single.ts';

const LONG_AGO = new Date(0).toISOString();
const PROMPT = 'my secret fox';
const ORIGINAL: Original = { sha256: 'a'.repeat(64), type: 'image/png', bytes: 1, saved: ['/saved/fox.png'] };
const URL = 'https://a.example/a-picture.png';
const MADE: Partial<Job> = { urls: [URL], originals: [ORIGINAL], error: 'a word of RunComfy' };
/** What must not be found anywhere once a job is deleted. */
const TRACES = /secret fox|a{64}|saved\/fox|a word of/;
const KEEP = { days: 90, jobs: 1_000 };

const now = () => new Date(clock.now()).toISOString();
const delivered = () => ({ ...MADE, delivered_at: now() });

/** A job that no call follows any more. */
async function put(process: Process, ...given: DropFirst<Parameters<typeof putLeased>>): Promise<StoredJob> {
  const { id, lease } = await putLeased(process, ...given);
  await process.store.release(id, lease?.call ?? '');
  return (await all(process)).find((stored) => stored.id === id) as StoredJob;
}
type DropFirst<All> = All extends [unknown, ...infer Others] ? Others : never;

/** What every store promises of jobs that the user deletes, and of favourites. */
export function conformsInDeletion(createBackend: () => Backend): void {
  async function two(): Promise<[Process, Process, Backend]> {
    const backend = createBackend();
    return [await backend.start(), await backend.start(), backend];
  }
  const remainders = (process: Process) => all(process, { withDeleted: true });
  const repeat = (process: Process, call = open(process)) =>
    claimRepeat(process.store, intent(PROMPT).fingerprint, LONG_AGO, call);
  const made = (process: Process, more: Partial<Job> = MADE, age = HOUR) =>
    put(process, 'succeeded', { prompt: PROMPT, age, more });

  describe('delete', () => {
    it.each(['succeeded', 'failed', 'cancelled', 'unknown'] as const)(
      'leaves of a job that is %s what limits and repeated calls need, for a day',
      async (state) => {
        const [mine, other, backend] = await two();
        const batch = { id: 'b', index: 0, size: 2 };
        const more = { ...delivered(), batch, finished_at: now() };
        const { id, job } = await put(mine, state, { prompt: PROMPT, more });
        expect(await other.store.delete(id, 0.5)).toEqual(job);
        expect(await all(mine)).toEqual([]);
        const { model, submitted_at, request_id, finished_at, delivered_at } = job;
        const left = { model, state, batch, submitted_at, request_id, finished_at, delivered_at };
        const [stored] = await remainders(mine);
        expect(stored).toMatchObject({ id, fingerprint: intent(PROMPT).fingerprint });
        expect(stored?.job).toEqual({
          ...JSON.parse(JSON.stringify(left)),
          ...{ input: {}, deleted_at: expect.any(String), estimated_usd: 0.5 },
        });
        expect(stored).not.toHaveProperty('lease');
        expect(await backend.contents()).not.toMatch(TRACES);
        expect(await backend.contents()).not.toContain(URL);
      },
    );

    it.each(['reserved', 'submitting', 'in_queue', 'in_progress'] as const)(
      'leaves a job that is %s, unless it is older than a day',
      async (state) => {
        const [mine, other, backend] = await two();
        const young = await put(mine, state, { prompt: 'a cub' });
        const old = await put(mine, state, { prompt: PROMPT, age: 25 * HOUR });
        expect(await other.store.delete(young.id)).toBeUndefined();
        expect(await other.store.delete(old.id)).toEqual(old.job);
        expect(await remainders(mine)).toEqual([young]);
        expect(await backend.contents()).not.toMatch(TRACES);
      },
    );

    it.each([
      ['delivered', delivered()],
      ['never delivered', MADE],
    ])('leaves nothing of a job that is older than a day, %s', async (_, more) => {
      const [mine, other, backend] = await two();
      const { id, job } = await made(mine, more, 25 * HOUR);
      expect(await other.store.delete(id)).toEqual(job);
      expect(await remainders(mine)).toEqual([]);
      const { request_id = '' } = job;
      expect(await mine.store.byRequestId(request_id, { withDeleted: true })).toBeUndefined();
      expect(await mine.store.update(id, (now) => ({ ...now, cost_usd: 1 }))).toBeUndefined();
      expect(await backend.contents()).not.toMatch(TRACES);
      expect(await backend.contents()).not.toContain(request_id);
    });

    it('leaves a job that a call follows, of this process or of another, until that has ended', async () => {
      const [mine, other] = await two();
      const { id } = await made(mine);
      const call = open(mine);
      await mine.store.lease(id, call.id);
      for (const { store } of [mine, other]) expect(await store.delete(id)).toBeUndefined();
      expect(await all(other)).toHaveLength(1);
      await mine.kill();
      expect(await other.store.delete(id)).toBeDefined();
    });

    it('is done by two at once, and again; the first estimate counts', async () => {
      const [mine, other] = await two();
      const [{ id }, old] = [await made(mine), await made(mine, MADE, 25 * HOUR)];
      await Promise.all([mine.store.delete(id, 1), other.store.delete(id, 1)]);
      const [before] = await remainders(mine);
      expect(await other.store.delete(id, 2)).toMatchObject({ input: {} });
      expect((await remainders(mine))[0]?.job).toEqual(before?.job);
      expect(before?.job.estimated_usd).toBe(1);
      await Promise.all([mine.store.delete(old.id), other.store.delete(old.id)]);
      expect(await remainders(mine)).toHaveLength(1);
      expect(await mine.store.delete(old.id)).toBeUndefined();
    });

    it.each([
      ['an original', (job: Job) => withOriginals({ ...job, urls: [URL] }, new Map([[0, ORIGINAL]]))],
      ['its input', (job: Job) => ({ ...job, input: { prompt: PROMPT }, error: 'a word of RunComfy' })],
      ['a favourite', (job: Job) => withFavourite(job, true)],
      ['a deletion that is taken back', ({ deleted_at: _, ...job }: Job) => job],
    ])('is not undone by %s that comes late', async (_, change) => {
      const [mine, other, backend] = await two();
      const { id } = await made(mine, delivered());
      await mine.store.delete(id, 0.5);
      const before = await remainders(mine);
      await other.store.update(id, change);
      expect(await remainders(mine)).toEqual(before);
      expect(await all(mine)).toEqual([]);
      expect(await backend.contents()).not.toMatch(TRACES);
    });

    it('is not undone by an answer to the submit, a result or a delivery that come late', async () => {
      const [mine, other, backend] = await two();
      const seen = await put(mine, 'unknown', { prompt: PROMPT });
      await mine.store.delete(seen.id, 0.5);
      await other.store.accepted(seen, 'r1');
      const reply = { state: 'succeeded', urls: [URL], error: 'a word of RunComfy', cost_usd: 0.2 } as const;
      await other.store.update(seen.id, (job) =>
        transition(job, { kind: 'result', reply: { ...reply, urls: [URL] } }, clock.now()),
      );
      expect(await all(mine)).toEqual([]);
      const [owed] = await remainders(mine);
      expect(owed?.job).toMatchObject({ state: 'succeeded', request_id: 'r1', urls: [URL], cost_usd: 0.2 });
      await other.store.release(seen.id, 'a call', now());
      const [told] = await remainders(mine);
      expect(told?.job).toMatchObject({ state: 'succeeded', request_id: 'r1', cost_usd: 0.2, input: {} });
      expect(told?.job).not.toHaveProperty('urls');
      expect(await backend.contents()).not.toMatch(TRACES);
    });

    it('hides a job from all but those who ask for what is left', async () => {
      const [mine, other] = await two();
      const { id, job } = await made(mine);
      await mine.store.delete(id);
      const { request_id = '' } = job;
      for (const process of [mine, other]) {
        expect(await process.store.byRequestId(request_id)).toBeUndefined();
        const left = await process.store.byRequestId(request_id, { withDeleted: true });
        expect(left).toMatchObject({ id, job: { input: {} } });
        expect(await all(process)).toEqual([]);
      }
    });

    it('lets limits count a job as before, at its cost or what it may have cost', async () => {
      const [mine, other] = await two();
      const reported = await put(mine, 'succeeded', { prompt: 'one', more: { cost_usd: 0.3 } });
      const estimated = await put(mine, 'succeeded', { prompt: 'two' });
      await mine.store.delete(reported.id, 9);
      await mine.store.delete(estimated.id, 0.4);
      let seen: readonly Job[] = [];
      const see: LimitCheck = (_, others) => {
        seen = others;
        return undefined;
      };
      await reserve(other.store, intent('an owl'), open(other).id, see);
      expect(seen.map(({ cost_usd, estimated_usd }) => cost_usd ?? estimated_usd).sort()).toEqual([0.3, 0.4]);
    });

    it('leaves a repeated call the links that nobody was answered with, once', async () => {
      const [mine, other] = await two();
      const { id } = await made(mine);
      await mine.store.delete(id);
      const call = open(other);
      const found = await repeat(other, call);
      expect(found).toMatchObject({ id, job: { state: 'succeeded', urls: [URL], input: {} } });
      // As long as that call is at it, nobody else gets the job, and nobody deletes it.
      expect(await repeat(mine)).toBeUndefined();
      expect(await mine.store.delete(id)).toBeUndefined();
      await other.store.release(id, call.id, now());
      expect(await repeat(mine)).toBeUndefined();
      expect((await remainders(mine))[0]?.job).not.toHaveProperty('urls');
    });

    it.each(Array.from({ length: 8 }, (_, round) => round))(
      'and a repeated call that come at once leave the links to that call (%i)',
      async () => {
        const [mine, other, backend] = await two();
        const { id } = await made(mine);
        const call = open(other);
        const [deleted, found] = await Promise.all([mine.store.delete(id), repeat(other, call)]);
        expect(found).toMatchObject({ id, job: { urls: [URL] }, lease: { call: call.id } });
        expect((await remainders(mine))[0]).toMatchObject({ lease: { call: call.id } });
        if (deleted) expect(await backend.contents()).not.toMatch(TRACES);
        else expect(await all(mine)).toMatchObject([{ id, job: { input: { prompt: PROMPT } } }]);
      },
    );

    it.each(Array.from({ length: 8 }, (_, round) => round))(
      'and late observations that come at once leave nothing but a cost (%i)',
      async () => {
        const [mine, other, backend] = await two();
        const { id } = await made(mine, delivered());
        await Promise.all([
          other.store.update(id, (job) => withOriginals(job, new Map([[0, ORIGINAL]]))),
          mine.store.delete(id),
          other.store.update(id, (job) => ({ ...job, cost_usd: 0.2 })),
          mine.store.update(id, (job) => ({ ...job, input: { ...job.input, more: PROMPT } })),
        ]);
        expect(await remainders(other)).toMatchObject([{ id, job: { input: {}, cost_usd: 0.2 } }]);
        expect(await backend.contents()).not.toMatch(TRACES);
      },
    );

    it.each(Array.from({ length: 8 }, (_, round) => round))(
      'of an old job and late observations that come at once leave nothing (%i)',
      async () => {
        const [mine, other, backend] = await two();
        const { id } = await made(mine, delivered(), 25 * HOUR);
        await Promise.all([
          other.store.update(id, (job) => withOriginals(job, new Map([[0, ORIGINAL]]))),
          mine.store.delete(id),
          other.store.update(id, (job) => ({ ...job, cost_usd: 0.2 })),
        ]);
        expect(await remainders(other)).toEqual([]);
        expect(await backend.contents()).not.toMatch(TRACES);
      },
    );

    it('is pruned a day after the submit, delivered or not, and no sooner', async () => {
      const [mine, other] = await two();
      const { store } = mine;
      const told = await made(mine, delivered(), 23 * HOUR);
      const owed = await put(mine, 'unknown', { prompt: 'an owl', age: 23 * HOUR });
      for (const { id } of [told, owed]) await store.delete(id);
      await other.store.prune(clock.now(), KEEP);
      expect(await remainders(other)).toHaveLength(2);
      await other.store.prune(clock.now() + 2 * HOUR, KEEP);
      expect(await remainders(other)).toEqual([]);
    });

    it('is pruned after weeks in which nobody did so', async () => {
      const [mine, other] = await two();
      const { id } = await made(mine);
      await mine.store.delete(id);
      await other.store.prune(clock.now() + 30 * DAY, KEEP);
      expect(await remainders(mine)).toEqual([]);
    });

    it('hides nothing of another account, and deletes nothing there', async () => {
      const backend = createBackend();
      const [mine, theirs] = [await backend.start(), await backend.start({ ...ACCOUNT, tenant: 'somebody' })];
      const { id } = await made(mine);
      expect(await theirs.store.delete(id)).toBeUndefined();
      expect(await all(mine)).toMatchObject([{ id }]);
    });
  });

  describe('a favourite', () => {
    it('is never pruned, and counts among those that are kept', async () => {
      const [mine, other] = await two();
      const old = { age: 200 * DAY, more: delivered() };
      const liked: StoredJob = await put(mine, 'succeeded', { prompt: 'liked', ...old });
      const failed = await put(mine, 'failed', { prompt: 'also liked', ...old });
      const usual = await put(mine, 'succeeded', { prompt: 'usual', ...old });
      for (const { id } of [liked, failed, usual])
        await other.store.update(id, (job) => withFavourite(job, true));
      await other.store.update(usual.id, (job) => withFavourite(job, false));
      await mine.store.prune(clock.now(), { days: 1, jobs: 0 });
      const left = await all(other);
      expect(left.map(({ id }) => id).sort()).toEqual([liked.id, failed.id].sort());
      expect(left).toMatchObject([{ job: { favourite: true } }, { job: { favourite: true } }]);
    });

    it('is deleted like any other', async () => {
      const [mine, other] = await two();
      const { id } = await made(mine, { ...delivered(), favourite: true });
      await other.store.delete(id);
      await mine.store.prune(clock.now() + DAY, KEEP);
      expect(await remainders(mine)).toEqual([]);
    });
  });
}
