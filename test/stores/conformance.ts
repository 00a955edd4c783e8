import { describe, expect, it } from 'vitest';
import type { Account } from '../../src/account.ts';
import { ToolError } from '../../src/errors.ts';
import { fingerprintOf } from '../../src/jobs/calls.ts';
import type { Job, JobState } from '../../src/jobs/job.ts';
import type { Intent, JobStore, LimitCheck, StoredJob } from '../../src/jobs/store.ts';
import { ACCOUNT, type Backend, clock, type Process } from './backends.ts';
import { claimRepeat, reserve } from './single.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
const LONG_AGO = new Date(0).toISOString();
const { signal: never } = new AbortController();

const ago = (ms: number) => new Date(clock.now() - ms).toISOString();

/** What a call is about to submit, some ms ago. */
export function intent(prompt = 'a fox', age = 0, account: Account = ACCOUNT): Intent {
  const job = { model: 'a/b', input: { prompt }, state: 'reserved', submitted_at: ago(age) };
  return { fingerprint: fingerprintOf(account, job), job: job as unknown as Intent['job'] };
}

/** A call that is open in a process until it is closed. */
let calls = 0;
export function open(process: Process) {
  const id = `call-${calls++}`;
  process.calls.add(id);
  return { id, signal: never, close: () => void process.calls.delete(id) };
}

export const all = async ({ store }: Process, query?: Parameters<JobStore['newest']>[0]) => {
  const found: StoredJob[] = [];
  for await (const stored of store.newest(query)) found.push(stored);
  return found;
};

/** A job in a state, by a call of a process that has ended since. */
export async function put(
  process: Process,
  state: JobState,
  { prompt = 'a fox', age = HOUR, more = {} }: { prompt?: string; age?: number; more?: Partial<Job> } = {},
): Promise<StoredJob> {
  const { store } = process;
  const call = open(process);
  const { id } = await reserve(store, intent(prompt, age), call.id);
  if (state !== 'reserved') {
    const submitting = (await store.maySubmit(id, call.id)) as StoredJob;
    if (state !== 'submitting' && state !== 'unknown') await store.accepted(submitting, `id-${id}`);
    await store.update(id, (job) => ({ ...job, ...more, state }));
  }
  call.close();
  return (await all(process)).find((stored) => stored.id === id) as StoredJob;
}

/** At most so many jobs an hour. */
const atMost =
  (limit: number): LimitCheck =>
  (_, others) =>
    others.length < limit ? undefined : new ToolError('spend_limit', 'too many', { next: 'Wait.' });

/** What every store of jobs promises (src/jobs/store.ts), to processes that share its data. */
export function conforms(createBackend: () => Backend): void {
  async function start(count: number): Promise<Process[]> {
    const backend = createBackend();
    return Promise.all(Array.from({ length: count }, () => backend.start()));
  }
  const one = async () => (await start(1)) as [Process];
  const two = async () => (await start(2)) as [Process, Process];
  const { fingerprint } = intent();
  const repeat = (process: Process, call = open(process), since = LONG_AGO) =>
    claimRepeat(process.store, fingerprint, since, call);

  it('check resolves where a record could be written, and leaves none', async () => {
    const process = await one().then(([first]) => first);
    await process.store.check();
    expect(await all(process)).toEqual([]);
  });

  describe('reserve', () => {
    it('records a job, leased to the call, for all processes to see', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const wanted = intent();
      const stored = await reserve(mine.store, wanted, call.id);
      expect(stored).toMatchObject({ fingerprint, job: wanted.job, lease: { call: call.id } });
      expect(await all(other)).toEqual([stored]);
    });

    it('returns the same job to the same call, whatever became of it', async () => {
      const [{ store, calls }, other] = await two();
      const call = open({ store, calls, kill: other.kill });
      const wanted = intent();
      const stored = await reserve(store, wanted, call.id);
      expect(await reserve(store, wanted, call.id)).toEqual(stored);
      const submitting = await store.maySubmit(stored.id, call.id);
      expect(await reserve(store, wanted, call.id)).toEqual(submitting);
      expect(await reserve(store, wanted, call.id, atMost(0))).toEqual(submitting);
      expect(await all(other)).toEqual([submitting]);
    });

    it('makes a job for each of two calls, and for each intent of one', async () => {
      const [mine] = await one();
      const [first, second] = [open(mine), open(mine)];
      const wanted = intent();
      await reserve(mine.store, wanted, first.id);
      await reserve(mine.store, wanted, second.id);
      await reserve(mine.store, intent('an owl'), second.id);
      expect(await all(mine)).toHaveLength(3);
    });

    it('shows a limit every other job of the last day that may cost something', async () => {
      const [mine, other] = await two();
      await put(other, 'succeeded', { age: 25 * HOUR });
      await put(other, 'succeeded', { age: 23 * HOUR });
      for (const state of ['cancelled', 'failed', 'unknown', 'in_queue', 'reserved'] as const)
        await put(other, state);
      let seen: readonly Job[] = [];
      const wanted = intent('an owl');
      await reserve(mine.store, wanted, open(mine).id, ([job], others, now) => {
        expect(job).toEqual(wanted.job);
        expect(now).toBeGreaterThanOrEqual(Date.parse(job?.submitted_at as string));
        seen = others;
        return undefined;
      });
      expect(seen.map(({ state }) => state).sort()).toEqual(
        ['failed', 'in_queue', 'reserved', 'succeeded', 'unknown'].sort(),
      );
    });

    it('shows a limit no job from before the time that it looks back', async () => {
      const [mine] = await one();
      await put(mine, 'succeeded', { age: HOUR + 60_000 });
      await put(mine, 'failed', { age: HOUR - 60_000 });
      let seen: readonly Job[] = [];
      const see: LimitCheck = (_, others) => {
        seen = others;
        return undefined;
      };
      const check = Object.assign(see, { looksBack: HOUR });
      await reserve(mine.store, intent('an owl'), open(mine).id, check);
      expect(seen.map(({ state }) => state)).toEqual(['failed']);
    });

    it('throws what a limit says, and then nothing is recorded', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      await expect(reserve(mine.store, intent(), call.id, atMost(0))).rejects.toThrow('too many');
      expect(await all(other)).toEqual([]);
      await reserve(mine.store, intent(), call.id, atMost(1));
      expect(await all(other)).toHaveLength(1);
    });

    it('lets no more of many processes through than a limit allows, and no fewer', async () => {
      const processes = await start(5);
      const reserved = await Promise.allSettled(
        processes.flatMap((process) =>
          Array.from({ length: 2 }, (_, n) =>
            reserve(process.store, intent(`owl ${n}`), open(process).id, atMost(3)),
          ),
        ),
      );
      expect(reserved.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      expect(await all(processes[0] as Process)).toHaveLength(3);
    });
  });

  describe('maySubmit', () => {
    it('makes a reserved job one that may have been sent, and says so again', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const { id, revision } = await reserve(mine.store, intent(), call.id);
      const stored = await mine.store.maySubmit(id, call.id);
      expect(stored).toMatchObject({ id, job: { state: 'submitting' }, lease: { call: call.id } });
      expect(stored?.revision).toBeGreaterThan(revision);
      expect(await all(other)).toEqual([stored]);
      expect(await mine.store.maySubmit(id, call.id)).toEqual(stored);
    });

    it('forbids it to every other call, of this process or of another with the same name', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const { id } = await reserve(mine.store, intent(), call.id);
      expect(await mine.store.maySubmit(id, open(mine).id)).toBeUndefined();
      expect(await other.store.maySubmit(id, call.id)).toBeUndefined();
      expect(await all(mine)).toMatchObject([{ job: { state: 'reserved' } }]);
    });

    it.each(['in_queue', 'unknown', 'cancelled'] as const)(
      'forbids it of a job that is %s',
      async (state) => {
        const [mine] = await one();
        const { id, lease } = await put(mine, state);
        expect(await mine.store.maySubmit(id, lease?.call ?? '')).toBeUndefined();
      },
    );

    it('forbids it of a job that is gone, or that another call took over', async () => {
      const [mine, other] = await two();
      const [call, second] = [open(mine), open(mine)];
      const gone = await reserve(mine.store, intent('an owl'), call.id);
      await mine.store.discard(gone.id, call.id);
      expect(await mine.store.maySubmit(gone.id, call.id)).toBeUndefined();
      const taken = await reserve(mine.store, intent(), second.id);
      await mine.store.maySubmit(taken.id, second.id);
      await mine.kill();
      expect(await repeat(other)).toMatchObject({ id: taken.id });
      expect(await mine.store.maySubmit(taken.id, second.id)).toBeUndefined();
    });
  });

  describe('accepted', () => {
    it('records the request id, and keeps the lease', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const { id } = await reserve(mine.store, intent(), call.id);
      const submitting = (await mine.store.maySubmit(id, call.id)) as StoredJob;
      const stored = await mine.store.accepted(submitting, 'r-1');
      expect(stored).toMatchObject({
        id,
        job: { state: 'in_queue', request_id: 'r-1' },
        lease: { call: call.id },
      });
      expect(await other.store.byRequestId('r-1')).toEqual(stored);
      expect(await mine.store.accepted(submitting, 'r-1')).toEqual(stored);
    });

    it('outweighs the doubt and the lease of another call, which stays', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const { id } = await reserve(mine.store, intent(), call.id);
      const submitting = (await mine.store.maySubmit(id, call.id)) as StoredJob;
      await mine.kill();
      const claimed = await repeat(other);
      await other.store.update(id, (job) => ({ ...job, state: 'unknown' }));
      await mine.store.accepted(submitting, 'r-1');
      expect(await all(other)).toMatchObject([
        { id, job: { state: 'in_queue', request_id: 'r-1' }, lease: claimed?.lease },
      ]);
    });

    it('outweighs that the reservation was withdrawn', async () => {
      const [mine, other] = await two();
      const stored = await reserve(mine.store, intent(), open(mine).id);
      await mine.kill();
      expect(await repeat(other)).toBeUndefined();
      await mine.store.accepted(stored, 'r-1');
      expect(await other.store.byRequestId('r-1')).toMatchObject({ job: { state: 'in_queue' } });
    });

    it('makes a record that is gone again', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const { id } = await reserve(mine.store, intent(), call.id);
      const submitting = (await mine.store.maySubmit(id, call.id)) as StoredJob;
      await mine.store.discard(id, call.id);
      expect(await all(mine)).toEqual([]);
      await mine.store.accepted(submitting, 'r-1');
      expect(await all(other)).toMatchObject([{ id, fingerprint, job: { request_id: 'r-1' } }]);
    });

    it('never changes a request id', async () => {
      const [mine] = await one();
      const stored = await put(mine, 'in_progress');
      await mine.store.accepted(stored, 'another');
      await mine.store.update(stored.id, (job) => ({ ...job, request_id: 'another' }));
      await mine.store.update(stored.id, ({ request_id: _, ...job }) => job);
      expect(await mine.store.byRequestId('another')).toBeUndefined();
      expect(await all(mine)).toMatchObject([{ job: { request_id: stored.job.request_id } }]);
    });
  });

  describe('update', () => {
    it('changes a job as it stands, whoever wrote it', async () => {
      const [mine, other] = await two();
      const { id } = await put(mine, 'in_queue');
      await other.store.update(id, (job) => ({ ...job, state: 'succeeded', urls: ['u'] }));
      const stored = await mine.store.update(id, (job) => ({ ...job, cost_usd: 1 }));
      expect(stored?.job).toMatchObject({ state: 'succeeded', urls: ['u'], cost_usd: 1 });
      expect(await all(other)).toEqual([stored]);
    });

    it('loses no write and makes none twice, of many at once', async () => {
      const processes = await start(3);
      const { id } = await put(processes[0] as Process, 'in_progress', { more: { cost_usd: 0 } });
      const add = (job: Job) => ({ ...job, cost_usd: (job.cost_usd ?? 0) + 1 });
      await Promise.all(
        processes.flatMap(({ store }) => Array.from({ length: 10 }, () => store.update(id, add))),
      );
      for (const process of processes) expect(await all(process)).toMatchObject([{ job: { cost_usd: 30 } }]);
    });

    it('writes nothing where nothing is new', async () => {
      const [mine, other] = await two();
      const stored = await put(mine, 'in_queue');
      expect(await other.store.update(stored.id, (job) => job)).toEqual(stored);
      expect(await all(mine)).toEqual([stored]);
    });

    it('lets a final state absorb what comes late', async () => {
      const [mine] = await one();
      const stored = await put(mine, 'cancelled');
      expect(await mine.store.update(stored.id, (job) => ({ ...job, state: 'in_queue' }))).toEqual(stored);
      expect(await mine.store.update(stored.id, (job) => ({ ...job, cost_usd: 1 }))).toMatchObject({
        job: { state: 'cancelled', cost_usd: 1 },
      });
    });

    it('tells that a job is gone', async () => {
      const [mine, other] = await two();
      const { id, lease } = await put(mine, 'submitting');
      await mine.store.discard(id, lease?.call ?? '');
      expect(await other.store.update(id, (job) => ({ ...job, state: 'unknown' }))).toBeUndefined();
      expect(await all(mine)).toEqual([]);
    });
  });

  describe('discard', () => {
    it.each(['reserved', 'submitting'] as const)('forgets a job that is %s', async (state) => {
      const [mine, other] = await two();
      const { id, lease } = await put(mine, state);
      await mine.store.discard(id, lease?.call ?? '');
      await mine.store.discard(id, lease?.call ?? '');
      expect(await all(other)).toEqual([]);
    });

    it('keeps a job that has a request id, unless that turned out to be no job', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const { id } = await reserve(mine.store, intent(), call.id);
      const submitting = (await mine.store.maySubmit(id, call.id)) as StoredJob;
      const stored = await mine.store.accepted(submitting, 'r-1');
      await mine.store.discard(id, call.id);
      await mine.store.discard(id, call.id, 'r-2');
      expect(await all(other)).toEqual([stored]);
      await mine.store.discard(id, call.id, 'r-1');
      expect(await all(other)).toEqual([]);
    });

    it('keeps a job that another call took over', async () => {
      const [mine, other] = await two();
      const { id, lease } = await put(mine, 'submitting');
      await mine.kill();
      const taken = await repeat(other);
      await mine.store.discard(id, lease?.call ?? '');
      expect(await all(other)).toEqual([taken]);
    });
  });

  describe('claimRepeat', () => {
    it.each(['submitting', 'unknown', 'in_queue', 'in_progress', 'succeeded'] as const)(
      'gives a job that is %s and whose process is gone',
      async (state) => {
        const [mine, other] = await two();
        const { id } = await put(mine, state);
        await mine.kill();
        const call = open(other);
        expect(await repeat(other, call)).toMatchObject({ id, lease: { call: call.id }, job: { state } });
      },
    );

    it('gives the same job to the same call, whose reply may have been lost, and to no other', async () => {
      const [mine, other] = await two();
      await put(mine, 'in_queue');
      await put(mine, 'in_queue', { age: 2 * HOUR });
      await mine.kill();
      const call = open(other);
      const claimed = await repeat(other, call);
      expect(await repeat(other, call)).toEqual(claimed);
      expect((await repeat(other))?.id).not.toBe(claimed?.id);
      expect(await repeat(other)).toBeUndefined();
    });

    it('gives the newest, since a time, of this call only', async () => {
      const [mine] = await one();
      const old = await put(mine, 'in_queue', { age: 3 * HOUR });
      await put(mine, 'in_queue', { prompt: 'an owl', age: 0 });
      expect(await repeat(mine, open(mine), ago(2 * HOUR))).toBeUndefined();
      const newer = await put(mine, 'in_queue', { age: HOUR });
      expect(await repeat(mine)).toMatchObject({ id: newer.id });
      expect(await repeat(mine)).toMatchObject({ id: old.id });
    });

    it.each(['failed', 'cancelled'] as const)('passes over a job that %s', async (state) => {
      const [mine] = await one();
      await put(mine, state);
      expect(await repeat(mine)).toBeUndefined();
    });

    it('passes over a job whose outcome was told', async () => {
      const [mine, other] = await two();
      const { id, lease } = await put(mine, 'succeeded');
      await mine.store.release(id, lease?.call ?? '', ago(0));
      expect(await repeat(other)).toBeUndefined();
    });

    it('passes over a job that a call follows, of this process or of another', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const { id } = await reserve(mine.store, intent(), call.id);
      await mine.store.maySubmit(id, call.id);
      expect(await repeat(mine)).toBeUndefined();
      expect(await repeat(other)).toBeUndefined();
    });

    it('gives a job whose call has ended, though its process lives and holds the lease', async () => {
      const [mine] = await one();
      const { id, lease } = await put(mine, 'in_queue');
      expect(lease).toBeDefined();
      expect(await repeat(mine)).toMatchObject({ id });
    });

    it('gives a job that was released', async () => {
      const [mine, other] = await two();
      const { id, lease } = await put(mine, 'in_queue');
      await mine.store.release(id, lease?.call ?? '');
      expect(await repeat(other)).toMatchObject({ id });
    });

    it('withdraws a reservation whose process is gone, so that it cannot be sent', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const { id } = await reserve(mine.store, intent(), call.id);
      await mine.kill();
      expect(await repeat(other)).toBeUndefined();
      expect(await mine.store.maySubmit(id, call.id)).toBeUndefined();
      expect(await all(other)).toEqual([]);
    });

    it('leaves the reservation of a call that is open, and its own', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const { id } = await reserve(mine.store, intent(), call.id);
      for (const [process, by] of [[other], [mine], [mine, call]] as const)
        expect(await repeat(process, by)).toBeUndefined();
      expect(await mine.store.maySubmit(id, call.id)).toBeDefined();
    });

    it('gives a job to one of many', async () => {
      const processes = await start(6);
      const [dead, ...others] = processes as [Process, ...Process[]];
      const { id } = await put(dead, 'in_queue');
      await dead.kill();
      const claims = await Promise.all(others.flatMap((process) => [repeat(process), repeat(process)]));
      expect(claims.filter((claim) => claim !== undefined)).toMatchObject([{ id }]);
    });

    it('gives nothing to a call that was given up', async () => {
      const [mine] = await one();
      await put(mine, 'in_queue');
      const signal = AbortSignal.abort('user');
      await expect(repeat(mine, { ...open(mine), signal })).rejects.toBe('user');
      expect(await repeat(mine)).toBeDefined();
    });
  });

  describe('lease', () => {
    it('gives a job that nobody follows, and the same to the same call', async () => {
      const [mine, other] = await two();
      const { id } = await put(mine, 'in_queue');
      const call = open(mine);
      const stored = await mine.store.lease(id, call.id);
      expect(stored).toMatchObject({ id, lease: { call: call.id } });
      expect(await mine.store.lease(id, call.id)).toEqual(stored);
      expect(await all(other)).toEqual([stored]);
    });

    it('gives no job that another call follows, and none that is gone', async () => {
      const [mine, other] = await two();
      const { id } = await reserve(mine.store, intent(), open(mine).id);
      expect(await mine.store.lease(id, open(mine).id)).toBeUndefined();
      expect(await other.store.lease(id, open(other).id)).toBeUndefined();
      await mine.kill();
      const call = open(other);
      expect(await other.store.lease(id, call.id)).toMatchObject({ id });
      await other.store.discard(id, call.id);
      expect(await other.store.lease(id, open(other).id)).toBeUndefined();
    });
  });

  describe('release', () => {
    it('ends the lease, with the time at which the outcome was told; the first one counts', async () => {
      const [mine, other] = await two();
      const { id, lease } = await put(mine, 'succeeded');
      const at = ago(0);
      await mine.store.release(id, lease?.call ?? '', at);
      await mine.store.release(id, lease?.call ?? '', ago(HOUR));
      const [stored] = await all(other);
      expect(stored?.job.delivered_at).toBe(at);
      expect(stored).not.toHaveProperty('lease');
    });

    it("leaves another call's lease, and a job that is gone", async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const { id } = await reserve(mine.store, intent(), call.id);
      await mine.store.release(id, open(mine).id);
      await other.store.release(id, call.id);
      expect(await all(mine)).toMatchObject([{ lease: { call: call.id } }]);
      await mine.store.discard(id, call.id);
      await mine.store.release(id, call.id);
      expect(await all(mine)).toEqual([]);
    });
  });

  describe('byRequestId', () => {
    it('finds the job with exactly that id', async () => {
      const [mine, other] = await two();
      const [accepted, longer] = [await put(mine, 'submitting'), await put(mine, 'submitting')];
      await put(mine, 'submitting');
      await mine.store.accepted(longer, '10');
      for (const id of ['0', '1', '', 'json', longer.id]) {
        expect(await mine.store.byRequestId(id), id).toBeUndefined();
        expect(await other.store.byRequestId(id), id).toBeUndefined();
      }
      await other.store.accepted(accepted, '0');
      for (const { store } of [mine, other]) {
        expect(await store.byRequestId('0')).toMatchObject({ id: accepted.id });
        expect(await store.byRequestId('10')).toMatchObject({ id: longer.id });
      }
    });
  });

  describe('newest', () => {
    it('tells the jobs, newest first, since a time, of a call', async () => {
      const [mine, other] = await two();
      const ages = [3, 1, 2];
      for (const hours of ages) await put(mine, 'in_queue', { prompt: `${hours}`, age: hours * HOUR });
      const prompts = async (query?: Parameters<JobStore['newest']>[0]) =>
        (await all(other, query)).map(({ job }) => job.input.prompt);
      expect(await prompts()).toEqual(['1', '2', '3']);
      expect(await prompts({ since: ago(2.5 * HOUR) })).toEqual(['1', '2']);
      expect(await prompts({ fingerprint: intent('2').fingerprint })).toEqual(['2']);
      expect(await prompts({ fingerprint: intent('2').fingerprint, since: ago(HOUR) })).toEqual([]);
    });

    it('misses no job that changes while they are read', async () => {
      const [mine, other] = await two();
      for (let hours = 1; hours <= 30; hours++) await put(mine, 'in_queue', { age: hours * HOUR });
      const [first, ...rest] = await all(mine);
      const reading = other.store.newest();
      expect((await reading.next()).value).toEqual(first);
      for (const { id } of rest) await mine.store.update(id, (job) => ({ ...job, state: 'in_progress' }));
      const ids: string[] = [];
      for await (const { id } of reading) ids.push(id);
      expect(ids).toEqual(rest.map(({ id }) => id));
    });

    it('hides a reservation that was withdrawn: it never was a job', async () => {
      const [mine, other] = await two();
      await reserve(mine.store, intent(), open(mine).id);
      const cancelled = await put(mine, 'cancelled', { prompt: 'an owl' });
      await mine.kill();
      await repeat(other);
      expect(await all(other)).toEqual([cancelled]);
    });
  });

  describe('prune', () => {
    const STATES: JobState[] = [
      'reserved',
      'submitting',
      'unknown',
      'in_queue',
      'in_progress',
      'succeeded',
      'failed',
      'cancelled',
    ];
    const told = { more: { delivered_at: ago(0) } };
    const states = async (process: Process) => (await all(process)).map(({ job }) => job.state);

    it.each([
      ['that are too old', { days: 1, jobs: 1_000 }],
      ['that are too many', { days: 90, jobs: 0 }],
    ])('deletes jobs %s and of which nothing is owed to anybody', async (_, keep) => {
      const [mine, other] = await two();
      for (const state of STATES) {
        await put(mine, state, { age: 2 * DAY });
        await put(mine, state, { age: 2 * DAY, ...told });
      }
      const before = await all(other);
      await mine.store.prune(clock.now(), keep);
      const isOwed = ({ job: { state, delivered_at } }: StoredJob) =>
        state !== 'cancelled' &&
        state !== 'reserved' &&
        (delivered_at === undefined || ['in_queue', 'in_progress', 'submitting'].includes(state));
      expect(await all(other)).toEqual(before.filter(isOwed));
    });

    it('keeps what is young and few, and all of the last day', async () => {
      const [mine] = await one();
      for (const days of [0.5, 0.9, 2, 3, 4]) await put(mine, 'failed', { age: days * DAY, ...told });
      await mine.store.prune(clock.now(), { days: 90, jobs: 4 });
      expect(await all(mine)).toHaveLength(4);
      await mine.store.prune(clock.now(), { days: 3, jobs: 1 });
      expect(await states(mine)).toHaveLength(2);
    });

    it('deletes a withdrawn reservation after a day, and no sooner', async () => {
      const [mine, other] = await two();
      const [young, old] = [
        await reserve(mine.store, intent('a fox', HOUR), open(mine).id),
        await reserve(mine.store, intent('a fox', 2 * DAY), open(mine).id),
      ];
      await mine.kill();
      await repeat(other);
      await other.store.prune(clock.now(), { days: 90, jobs: 1_000 });
      const cancelled = (stored: StoredJob) => other.store.update(stored.id, (job) => job);
      expect(await cancelled(young)).toMatchObject({ job: { state: 'cancelled' } });
      expect(await cancelled(old)).toBeUndefined();
    });
  });

  describe('accounts', () => {
    it.each([
      ['tenant', { ...ACCOUNT, tenant: 'somebody' }],
      ['API', { ...ACCOUNT, api: 'https://api.example:8443' }],
      ['API, a sandbox', { ...ACCOUNT, api: 'sandbox' }],
    ])('see nothing of one another (another %s)', async (_, account) => {
      const backend = createBackend();
      const [mine, theirs] = [await backend.start(), await backend.start(account)];
      expect([mine.store.account, theirs.store.account]).toEqual([ACCOUNT, account]);
      const stored = await put(mine, 'in_queue');
      expect(await all(theirs)).toEqual([]);
      expect(await theirs.store.byRequestId(stored.job.request_id as string)).toBeUndefined();
      expect(await repeat(theirs)).toBeUndefined();
      expect(await theirs.store.lease(stored.id, open(theirs).id)).toBeUndefined();
      expect(await theirs.store.update(stored.id, (job) => ({ ...job, state: 'failed' }))).toBeUndefined();
      await reserve(theirs.store, intent(), open(theirs).id, atMost(1));
      await theirs.store.discard(stored.id, stored.lease?.call ?? '');
      expect(await all(mine)).toEqual([stored]);
    });
  });
}
