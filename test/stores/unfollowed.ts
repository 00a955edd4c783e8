import { describe, expect, it } from 'vitest';
import type { JobState } from '../../src/jobs/job.ts';
import type { StoredJob } from '../../src/jobs/store.ts';
import { ACCOUNT, type Backend, clock, type Process } from './backends.ts';
import { all, HOUR, intent, open, put } from './conformance.ts';
import { claimRepeat, reserve } from './single.ts';

const OPEN: readonly JobState[] = ['reserved', 'submitting', 'in_queue', 'in_progress'];
const OVER: readonly JobState[] = ['unknown', 'succeeded', 'failed', 'cancelled'];
const LONG_AGO = new Date(0).toISOString();
const { signal: never } = new AbortController();

const now = () => new Date(clock.now()).toISOString();

async function unfollowed({ store }: Process, since = LONG_AGO, until = now()): Promise<StoredJob[]> {
  const found: StoredJob[] = [];
  for await (const stored of store.unfollowed(since, until)) found.push(stored);
  return found;
}
const promptsOf = (jobs: readonly StoredJob[]) => jobs.map(({ job }) => job.input.prompt).sort();
const again = (process: Process, prompt: string) =>
  claimRepeat(process.store, intent(prompt).fingerprint, LONG_AGO, open(process));

/** What every store holds of jobs that nobody follows. */
export function conformsInSweeps(createBackend: () => Backend): void {
  async function two(): Promise<[Process, Process]> {
    const backend = createBackend();
    return [await backend.start(), await backend.start()];
  }

  describe('unfollowed', () => {
    it('tells the open jobs of calls that have ended, to all processes, and changes nothing', async () => {
      const [mine, other] = await two();
      for (const state of [...OPEN, ...OVER]) await put(mine, state, { prompt: state });
      const before = await all(mine);
      expect(promptsOf(await unfollowed(mine))).toEqual([...OPEN].sort());
      await mine.kill();
      // Whether another process is gone may have to be watched.
      const [one] = await unfollowed(other);
      if (!one) await clock.sleep(10_000);
      expect(promptsOf(await unfollowed(other))).toEqual([...OPEN].sort());
      expect(await all(other)).toEqual(before);
    });

    it('tells none that a call follows, in whatever process, nor one whose holder may be alive', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const { id } = await reserve(mine.store, intent('followed', HOUR), call.id);
      for (let round = 0; round < 3; round++) {
        for (const process of [mine, other]) expect(await unfollowed(process)).toEqual([]);
        await clock.sleep(5_000);
      }
      await mine.store.maySubmit(id, call.id);
      expect(await unfollowed(other)).toEqual([]);
      await mine.store.release(id, call.id);
      expect(promptsOf(await unfollowed(other))).toEqual(['followed']);
    });

    it('tells those of a time, and of its account only', async () => {
      const backend = createBackend();
      const mine = await backend.start();
      const other = await backend.start({ ...ACCOUNT, tenant: 'another' });
      for (const hours of [1, 3, 5]) await put(mine, 'in_queue', { prompt: `${hours}`, age: hours * HOUR });
      const ago = (hours: number) => new Date(clock.now() - hours * HOUR).toISOString();
      expect(promptsOf(await unfollowed(mine, ago(4), ago(2)))).toEqual(['3']);
      expect(await unfollowed(other)).toEqual([]);
    });

    it('keeps no job from the call that repeats its own', async () => {
      const [mine, other] = await two();
      const { id } = await put(mine, 'in_queue');
      for (const process of [mine, other]) await unfollowed(process);
      expect(await again(mine, 'a fox')).toMatchObject({ id });
    });
  });

  describe('giveUp', () => {
    it.each([
      ['reserved', 'cancelled'],
      ['submitting', 'unknown'],
    ] as const)('makes a %s job that nobody follows %s, once', async (state, after) => {
      const [mine, other] = await two();
      const { id } = await put(mine, state);
      const [found] = await unfollowed(mine);
      const ends = await Promise.all([mine, mine].map(({ store }) => store.giveUp(found as StoredJob)));
      expect(ends.filter((stored) => stored?.job.state === after)).toHaveLength(1);
      expect(await unfollowed(mine)).toEqual([]);
      // What never was sent is no job.
      const left = await all(other);
      expect(left.map((stored) => [stored.id, stored.job.state])).toEqual(
        after === 'unknown' ? [[id, after]] : [],
      );
    });

    it('never touches what RunComfy accepted, nor what a call has leased since', async () => {
      const [mine] = await two();
      await put(mine, 'submitting', { prompt: 'accepted' });
      await put(mine, 'submitting', { prompt: 'leased' });
      const found = await unfollowed(mine);
      const accepted = found.find(({ job }) => job.input.prompt === 'accepted') as StoredJob;
      await mine.store.accepted(accepted, 'r-1');
      const call = open(mine);
      await claimRepeat(mine.store, intent('leased').fingerprint, LONG_AGO, { ...call, signal: never });
      for (const stored of found) expect(await mine.store.giveUp(stored)).toBeUndefined();
      const states = (await all(mine)).map(({ job }) => job.state).sort();
      expect(states).toEqual(['in_queue', 'submitting']);
    });

    it('keeps a process that was frozen from sending what it had reserved', async () => {
      const [mine, other] = await two();
      const call = open(mine);
      const { id } = await reserve(mine.store, intent('frozen', HOUR), call.id);
      call.close();
      const [found] = await unfollowed(mine);
      await mine.store.giveUp(found as StoredJob);
      mine.calls.add(call.id);
      expect(await mine.store.maySubmit(id, call.id)).toBeUndefined();
      expect(await all(other)).toEqual([]);
    });

    it('leaves a job that is unknown to the call that repeats its own', async () => {
      const [mine] = await two();
      const { id } = await put(mine, 'submitting');
      const [found] = await unfollowed(mine);
      await mine.store.giveUp(found as StoredJob);
      expect(await again(mine, 'a fox')).toMatchObject({ id, job: { state: 'unknown' } });
    });
  });
}
