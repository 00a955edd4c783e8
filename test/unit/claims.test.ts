import { describe, expect, it } from 'vitest';
import type { WaitEnd } from '../../src/jobs/calls.ts';
import { FINGERPRINT, openCall, SUCCEEDED, setUp } from '../support/claims.ts';

describe('a claim', () => {
  it('tells the outcome of its job if the answer arrives, and only then', async () => {
    for (const arrives of [true, false]) {
      const { open, work, submitted, record } = setUp();
      const { wait, tell } = openCall();
      const end = work(wait);
      const claim = await submitted(wait);
      await claim.observe(SUCCEEDED);
      claim.answer();
      await end();
      expect((await record())?.lease).toBeDefined();
      tell(arrives);
      await open.recorded();
      expect(await record()).not.toHaveProperty('lease');
      expect((await record())?.job.delivered_at !== undefined).toBe(arrives);
    }
  });

  it('tells nothing of a job that goes on, though the answer arrives', async () => {
    const { open, submitted, record } = setUp();
    const { wait, tell } = openCall();
    const claim = await submitted(wait);
    claim.answer();
    tell(true);
    await open.recorded();
    expect((await record())?.job).not.toHaveProperty('delivered_at');
  });

  it('is not a second one on a job that another call follows: that one answers for it', async () => {
    const { claims, open, work, submitted, record } = setUp();
    const [first, second] = [openCall(), openCall()];
    work(first.wait);
    work(second.wait);
    await submitted(first.wait);
    const onlooker = await claims.join('r-1', second.wait);
    await onlooker.observe(SUCCEEDED);
    onlooker.answer();
    second.tell(true);
    await open.recorded();
    expect(await record()).toMatchObject({ job: { state: 'succeeded' }, lease: { call: first.wait.call } });
    expect((await record())?.job).not.toHaveProperty('delivered_at');
  });

  it('on a job that another program submitted writes nowhere', async () => {
    const { claims, record, log } = setUp();
    const claim = await claims.join('elsewhere', openCall().wait);
    await claim.observe(SUCCEEDED);
    claim.answer();
    await claim.handOver();
    expect(claim).toMatchObject({ isRecorded: false, job: { state: 'succeeded', request_id: 'elsewhere' } });
    expect(await record()).toBeUndefined();
    expect(log).toEqual([]);
  });

  it('records a request id as soon as that can be done, whatever is seen of the job meanwhile', async () => {
    let failures = 3;
    const { submitted, record, log } = setUp((store) => ({
      async accepted(...args) {
        if (failures-- > 0) throw new Error('ENOSPC');
        return store.accepted(...args);
      },
    }));
    const claim = await submitted(openCall().wait);
    expect(claim.job.request_id).toBe('r-1');
    expect(log).toEqual([expect.stringContaining('cannot record job r-1 as in_queue: ENOSPC')]);
    expect((await record())?.job.state).toBe('submitting');
    await expect.poll(async () => (await record())?.job).toMatchObject({ request_id: 'r-1' });
  });

  it('records in their order, once that can be done, an end and that it was told', async () => {
    let isFull = true;
    let tries = 0;
    const whenNotFull = async <Result>(work: () => Promise<Result>) => {
      tries += 1;
      if (isFull) throw new Error('ENOSPC');
      return work();
    };
    const { submitted, record } = setUp((store) => ({
      accepted: (...args) => whenNotFull(() => store.accepted(...args)),
      update: (...args) => whenNotFull(() => store.update(...args)),
      release: (...args) => whenNotFull(() => store.release(...args)),
    }));
    const { wait, tell } = openCall();
    const claim = await submitted(wait);
    await claim.observe(SUCCEEDED);
    claim.answer();
    tell(true);
    await expect.poll(() => tries).toBeGreaterThan(5);
    expect(await record()).toMatchObject({ job: { state: 'submitting' }, lease: { call: wait.call } });
    isFull = false;
    const ended = { state: 'succeeded', request_id: 'r-1', delivered_at: expect.any(String) };
    await expect.poll(async () => (await record())?.job).toMatchObject(ended);
    expect(await record()).not.toHaveProperty('lease');
  });
});

describe('a repeated call', () => {
  const WAYS: [WaitEnd, boolean][] = [
    ['timeout', true],
    ['closed', true],
    // Who stopped a picture and asks for it again wants another one.
    ['user', false],
  ];
  it.each(WAYS)(
    'of one that ended by %s, while that one still records: gets its job: %s',
    async (why, gets) => {
      const { resumed, work, submitted } = setUp();
      const first = openCall();
      const end = work(first.wait);
      const claim = await submitted(first.wait);
      await claim.observe(SUCCEEDED);
      first.giveUp(why);
      const second = openCall();
      work(second.wait);
      const resuming = resumed(FINGERPRINT, second.wait);
      claim.answer();
      await end();
      expect((await resuming)?.job.request_id).toBe(gets ? 'r-1' : undefined);
    },
  );

  it('gets the job that get_image_job followed until it was given up, though that one still records', async () => {
    const { claims, resumed, work, submitted } = setUp();
    const [first, collecting, second] = [openCall(), openCall(), openCall()];
    const endFirst = work(first.wait);
    const claim = await submitted(first.wait);
    await claim.handOver();
    await endFirst();
    const end = work(collecting.wait, false);
    const followed = await claims.join('r-1', collecting.wait);
    collecting.giveUp('timeout');
    work(second.wait);
    const resuming = resumed(FINGERPRINT, second.wait);
    // It has looked for the job by now.
    await new Promise((resolve) => setImmediate(resolve));
    await followed.handOver();
    await end();
    expect((await resuming)?.job.request_id).toBe('r-1');
  });

  it('gives up with its client while it waits for one that was given up before', async () => {
    const { resumed, work } = setUp();
    const [first, second] = [openCall(), openCall()];
    work(first.wait);
    first.giveUp('timeout');
    const waiting = resumed(FINGERPRINT, second.wait);
    second.giveUp('timeout');
    await expect(waiting).rejects.toBe('timeout');
    await expect(resumed(FINGERPRINT, second.wait)).rejects.toBe('timeout');
  });
});
