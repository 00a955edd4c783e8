import { describe, expect, it } from 'vitest';
import { ToolError } from '../../src/errors.ts';
import { batchId, batchPrefix, memberFingerprint } from '../../src/jobs/batch/batch.ts';
import type { Job } from '../../src/jobs/job.ts';
import type { Intent, LimitCheck, StoredJob } from '../../src/jobs/store.ts';
import { ACCOUNT, type Backend, type Process } from './backends.ts';
import { all, intent, open } from './conformance.ts';

const LONG_AGO = new Date(0).toISOString();
const PREFIX = batchPrefix(ACCOUNT, [{ model: 'a/b', input: { prompt: 'a fox' } }]);

/** The jobs of a batch, or only some of them. */
function intents(call: string, places: readonly number[] = [0, 1, 2]): Intent[] {
  const one = intent();
  return places.map((index) => ({
    fingerprint: memberFingerprint(PREFIX, index),
    job: { ...one.job, batch: { id: batchId(PREFIX, call), index, size: 3 } },
  }));
}

/** At most so many jobs. */
const atMost =
  (limit: number): LimitCheck =>
  (jobs, others) =>
    others.length + jobs.length <= limit
      ? undefined
      : new ToolError('spend_limit', 'too many', { next: '-' });

const places = (stored: readonly StoredJob[]) => stored.map(({ job }) => job.batch?.index);

/** What every store promises about calls that submit several jobs. */
export function conformsForBatches(createBackend: () => Backend): void {
  async function start(count: number): Promise<Process[]> {
    const backend = createBackend();
    return Promise.all(Array.from({ length: count }, () => backend.start()));
  }
  const two = async () => (await start(2)) as [Process, Process];
  const repeat = (process: Process, call = open(process)) =>
    process.store.claimRepeat(PREFIX, LONG_AGO, call);

  /** A batch whose process was killed when its jobs were in these states. */
  async function killed(process: Process, states: readonly Job['state'][], more: Partial<Job> = {}) {
    const call = open(process);
    const reserved = await process.store.reserve(intents(call.id), call.id);
    for (const [index, { id }] of reserved.entries()) {
      const state = states[index] as Job['state'];
      if (state === 'reserved') continue;
      const submitting = (await process.store.maySubmit(id, call.id)) as StoredJob;
      if (state !== 'submitting') await process.store.accepted(submitting, `r-${index}`);
      await process.store.update(id, (job) => ({ ...job, ...more, state }));
    }
    await process.kill();
    return { reserved, call };
  }

  describe('a batch', () => {
    it('is reserved in one step, and the same call gets the same jobs', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const wanted = intents(call.id);
      const reserved = await mine.store.reserve(wanted, call.id);
      expect(places(reserved)).toEqual([0, 1, 2]);
      expect(await mine.store.reserve(wanted, call.id)).toEqual(reserved);
      expect(await all(other, { fingerprint: PREFIX })).toHaveLength(3);
      expect(await all(other, { fingerprint: wanted[1]?.fingerprint as string })).toEqual([reserved[1]]);
    });

    it('is reserved whole or not at all, of many that race for the last places', async () => {
      const processes = await start(4);
      const reserved = await Promise.allSettled(
        processes.map((process) => {
          const call = open(process);
          return process.store.reserve(intents(call.id), call.id, atMost(8));
        }),
      );
      expect(reserved.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
      expect(await all(processes[0] as Process)).toHaveLength(6);
    });

    it.each([
      [
        ['reserved', 'in_queue', 'submitting'],
        [1, 2],
      ],
      [
        ['submitting', 'reserved', 'in_queue'],
        [0, 2],
      ],
    ] as const)(
      'is given whole to the call that repeats it, and what was only reserved is withdrawn: %j',
      async (states, standing) => {
        const [mine, other] = await two();
        const { reserved, call } = await killed(mine, states);
        const again = open(other);
        const found = await repeat(other, again);
        expect(found).toMatchObject(
          standing.map((index) => ({
            job: { batch: { index }, state: states[index] },
            lease: { call: again.id },
          })),
        );
        expect(await repeat(other, again)).toEqual(found);
        for (const { id } of reserved) expect(await mine.store.maySubmit(id, call.id)).toBeUndefined();
      },
    );

    it('is given whole if one of it was never answered, with those that ended or failed', async () => {
      const [mine, other] = await two();
      await killed(mine, ['failed', 'succeeded', 'cancelled']);
      expect(places(await repeat(other))).toEqual([0, 1, 2]);
    });

    it('is given to nobody once all of it was answered, failed or was cancelled', async () => {
      const [mine, other] = await two();
      await killed(mine, ['failed', 'succeeded', 'cancelled'], { delivered_at: new Date().toISOString() });
      expect(await repeat(other)).toEqual([]);
    });

    it('is given to nobody, and withdrawn, if all of it was only reserved', async () => {
      const [mine, other] = await two();
      await killed(mine, ['reserved', 'reserved', 'reserved']);
      expect(await repeat(other)).toEqual([]);
      expect(await all(other)).toEqual([]);
    });

    it('is given to one of many, which gets all of it', async () => {
      const [dead, ...others] = (await start(5)) as [Process, ...Process[]];
      await killed(dead, ['reserved', 'in_queue', 'in_progress']);
      const found = await Promise.all(others.flatMap((process) => [repeat(process), repeat(process)]));
      expect(found.filter((jobs) => jobs.length > 0).map(places)).toEqual([[1, 2]]);
    });

    it('comes with a job that another call follows by its id, whose lease stays', async () => {
      const [mine, other] = await two();
      const { reserved } = await killed(mine, ['in_queue', 'in_queue', 'in_queue']);
      const [by, again] = [open(other), open(other)];
      const followed = await other.store.lease(reserved[1]?.id ?? '', by.id);
      expect(await repeat(other, again)).toMatchObject([
        { lease: { call: again.id } },
        { id: followed?.id, lease: followed?.lease },
        { lease: { call: again.id } },
      ]);
    });

    it.each([0, 1])(
      'is given whole while another call follows job %i of it by its request id',
      async (place) => {
        const [mine, other] = await two();
        const { reserved } = await killed(mine, ['in_queue', 'in_queue', 'in_queue']);
        const { id = '' } = reserved[place] ?? {};
        const [by, again] = [open(other), open(other)];
        await other.store.lease(id, by.id, { alone: true });
        const leased = { lease: { call: again.id } };
        expect(await repeat(other, again)).toMatchObject([leased, leased, leased]);
        await other.store.release(id, by.id, new Date().toISOString());
        const [job] = (await all(other)).filter((one) => one.id === id);
        expect(job).toMatchObject({ ...leased, job: { delivered_at: expect.any(String) } });
      },
    );

    it('is left to the call that follows its first job', async () => {
      const [mine, other] = await two();
      const { reserved } = await killed(mine, ['in_queue', 'in_queue', 'in_queue']);
      await other.store.lease(reserved[0]?.id ?? '', open(other).id);
      expect(await repeat(other)).toEqual([]);
    });

    it('is taken over from a process that was frozen while it reserved: none of it may be sent', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      // Of three it has reserved the first, when it is believed dead and its call is repeated.
      const [first] = await mine.store.reserve(intents(call.id, [0]), call.id);
      await mine.kill();
      expect(await repeat(other)).toEqual([]);
      await expect(mine.store.reserve(intents(call.id), call.id)).rejects.toMatchObject({
        code: 'taken_over',
      });
      expect(await all(other)).toEqual([]);
      expect(await mine.store.maySubmit(first?.id ?? '', call.id)).toBeUndefined();
    });
  });
}
