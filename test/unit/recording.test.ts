import { describe, expect, it } from 'vitest';
import type { Observation } from '../../src/jobs/job.ts';
import { CALL, FINGERPRINT, openCall, SUCCEEDED, setUp } from '../support/claims.ts';

/** Claims, and how often a job was changed in the records. */
function counting() {
  const updates: string[] = [];
  const given = setUp((store) => ({
    update(id, change) {
      updates.push(id);
      return store.update(id, change);
    },
  }));
  return { ...given, updates };
}

const seen = (more: object): Observation => ({
  kind: 'result',
  reply: { state: 'succeeded', urls: [], ...more },
});
const RUNNING: Observation = { kind: 'status', reply: { state: 'in_progress' } };
const A_MINUTE = 60_000;
const queued = (queue_position: number): Observation => ({
  kind: 'status',
  reply: { state: 'in_queue', queue_position },
});

describe('what is seen of a job', () => {
  it.each([
    ['its state', [RUNNING], { state: 'in_progress' }],
    ['its end, before its output is there', [RUNNING, seen({})], { finished_at: expect.any(String) }],
    ['that it was not found', [{ kind: 'missing', isDenied: false }], { missing_since: expect.any(String) }],
    [
      'that RunComfy denied it too',
      [
        { kind: 'missing', isDenied: false },
        { kind: 'missing', isDenied: true },
      ],
      { denied_since: expect.any(String) },
    ],
    ['an output that came late', [seen({}), seen({}), seen({ urls: ['a'] })], { urls: ['a'] }],
    ['a cost that came late', [SUCCEEDED, seen({ urls: ['b'], cost_usd: 1 })], { cost_usd: 1 }],
  ] as [string, Observation[], object][])('is recorded: %s', async (_, observations, recorded) => {
    const { submitted, record, clock } = counting();
    const claim = await submitted(openCall().wait);
    for (const observation of observations) {
      await claim.observe(observation);
      await clock.sleep(A_MINUTE);
    }
    expect((await record())?.job).toMatchObject(recorded);
  });

  it('is not written for a new place in the queue alone', async () => {
    const { submitted, updates } = counting();
    const claim = await submitted(openCall().wait);
    for (const position of [3, 2, 1]) await claim.observe(queued(position));
    expect(claim.job.queue_position).toBe(1);
    expect(updates).toEqual([]);
  });

  it('teaches run times, unless another program submitted the job, of which nothing is written either', async () => {
    const { claims, submitted, learned, updates } = counting();
    await (await submitted(openCall().wait)).observe(SUCCEEDED);
    expect(learned).toMatchObject([{ state: 'succeeded', request_id: 'r-1' }]);
    await (await claims.join('elsewhere', openCall().wait)).observe(SUCCEEDED);
    expect(learned).toHaveLength(1);
    expect(updates).toHaveLength(1);
  });
});

it('is known whatever is recorded of it late', async () => {
  const known: string[] = [];
  const { submitted } = setUp((store) => ({
    update(...args) {
      known.push(claim.job.state);
      return store.update(...args);
    },
  }));
  const claim = await submitted(openCall().wait);
  await Promise.all([claim.observe(RUNNING), claim.observe(SUCCEEDED)]);
  expect(known).toEqual(['succeeded', 'succeeded']);
});

describe('a job whose outcome was told', () => {
  it('is changed by nobody who asks for it again', async () => {
    const { claims, open, submitted, record } = setUp();
    const { wait, tell } = openCall();
    const claim = await submitted(wait);
    await claim.observe(SUCCEEDED);
    claim.answer();
    tell(true);
    await open.recorded();
    const before = await record();
    const again = await claims.join('r-1', openCall().wait);
    expect(again.job.delivered_at).toBeDefined();
    await again.handOver();
    expect(await record()).toEqual(before);
  });
});

describe('a job of which it is not known whether it was submitted', () => {
  it('is told once', async () => {
    const { reserved, open, record } = setUp();
    const { wait, tell } = openCall();
    const claim = await reserved(CALL, FINGERPRINT, wait);
    await claim.maySubmit();
    await claim.observe({ kind: 'response_lost' });
    claim.answer();
    tell(true);
    await open.recorded();
    expect((await record())?.job).toMatchObject({ state: 'unknown', delivered_at: expect.any(String) });
  });

  it('may not be sent where another call has withdrawn it', async () => {
    const { reserved, store } = setUp();
    const [claim, given] = [await reserved(CALL, FINGERPRINT, openCall().wait), openCall()];
    await store.claimRepeat(FINGERPRINT, '', { id: given.wait.call, signal: given.wait.signal });
    expect(await claim.maySubmit()).toBe(false);
  });
});

describe('records that fail', () => {
  const fail = async () => {
    throw new Error('EIO');
  };

  it('are no hindrance to joining a job, nor to giving one up', async () => {
    const { claims, submitted, log } = setUp(() => ({ lease: fail, discard: fail }));
    const claim = await submitted(openCall().wait);
    await claim.discard();
    expect((await claims.join('r-1', openCall().wait)).job.request_id).toBe('r-1');
    expect(log).toHaveLength(2);
    const unread = setUp(() => ({ byRequestId: fail }));
    expect(await unread.claims.join('r-1', openCall().wait)).toMatchObject({ isRecorded: false });
  });

  it.each(['accepted', 'discard'] as const)(
    'keep a call open until what became of its submit is recorded: %s',
    async (operation) => {
      let isAway = true;
      const { claims, open, work, reserved, record } = setUp((store) => ({
        [operation]: (...given: never[]) =>
          isAway ? fail() : (store[operation] as (...all: never[]) => Promise<unknown>)(...given),
      }));
      const { wait, giveUp } = openCall();
      const end = work(wait);
      const claim = await reserved(CALL, FINGERPRINT, wait);
      await claim.maySubmit();
      await (operation === 'accepted' ? claim.accepted('r-1') : claim.discard());
      giveUp('timeout');
      await end();
      expect(open.has(wait.call)).toBe(true);
      const repeated = openCall();
      const resuming = claims.resume(FINGERPRINT, repeated.wait);
      isAway = false;
      const found = await resuming;
      expect(found.map(({ job }) => job.request_id)).toEqual(operation === 'accepted' ? ['r-1'] : []);
      expect((await record())?.job.request_id).toBe(operation === 'accepted' ? 'r-1' : undefined);
      expect(open.has(wait.call)).toBe(false);
      await open.recorded();
    },
  );

  it('are not tried again once the process is about to end', async () => {
    let tries = 0;
    const { submitted, end } = setUp(() => ({
      async accepted() {
        tries += 1;
        throw new Error('EIO');
      },
    }));
    await submitted(openCall().wait);
    await expect.poll(() => tries).toBeGreaterThan(2);
    end.abort();
    await new Promise(setImmediate);
    const last = tries;
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(tries).toBeLessThanOrEqual(last + 1);
  });
});
