import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { ToolError } from '../../../src/errors.ts';
import type { JobStore, LimitCheck } from '../../../src/jobs/store.ts';
import { createLog } from '../../../src/log.ts';
import { createHolder } from '../../../src/stores/file/holder.ts';
import { createFileStore } from '../../../src/stores/file/store.ts';
import { ACCOUNT, inFiles } from '../backends.ts';
import { all, HOUR, intent, open } from '../conformance.ts';
import { reserve } from '../single.ts';

const oneOnly: LimitCheck = (_, others) =>
  others.length < 1 ? undefined : new ToolError('spend_limit', 'too many', { next: 'Wait.' });

/** A store whose pauses last as long as what is done in them. */
function pausing(dataDir: string, pause: (ms: number) => Promise<void>): JobStore {
  const clock: Clock = { now: Date.now, sleep: pause };
  const log = createLog('silent', (text) => text);
  const ended = AbortSignal.abort();
  const holder = createHolder({ dir: join(dataDir, 'holders'), clock: systemClock, ended, log });
  const openCalls = { has: () => true };
  return createFileStore({ dataDir, account: ACCOUNT, openCalls, holder, clock, random: () => 1, log });
}

describe('a call that is too many because of another that is pending', () => {
  /** What a call finds on record in its pauses, while another one keeps the last place. */
  async function inPauses(otherAge: number) {
    const backend = inFiles(1);
    const other = await backend.start();
    await reserve(other.store, intent('an owl', otherAge), open(other).id);
    const seen: number[] = [];
    const pauses: number[] = [];
    const store = pausing(backend.dataDir, async (ms) => {
      pauses.push(ms);
      seen.push((await all(other)).length);
    });
    await expect(reserve(store, intent('a fox', HOUR), 'a call', oneOnly)).rejects.toThrow('too many');
    expect(await all(other)).toHaveLength(1);
    expect(pauses).toEqual([80, 160, 320, ...Array(8).fill(640)]);
    return seen;
  }

  it('stays on record while it waits, if it is the first of them', async () => {
    expect(await inPauses(0)).toEqual(Array(11).fill(2));
  });

  it('makes room for the first of them', async () => {
    expect(await inPauses(2 * HOUR)).toEqual(Array(11).fill(1));
  });

  it('gets the place that the other one leaves', async () => {
    const backend = inFiles(1);
    const other = await backend.start();
    const call = open(other);
    const { id } = await reserve(other.store, intent('an owl'), call.id);
    const store = pausing(backend.dataDir, () => other.store.discard(id, call.id));
    const stored = await reserve(store, intent('a fox', HOUR), 'a call', oneOnly);
    expect(await all(other)).toEqual([stored]);
  });

  it('is told at once if it is too many without that one', async () => {
    const backend = inFiles(1);
    const other = await backend.start();
    const call = open(other);
    const stored = await reserve(other.store, intent('an owl'), call.id);
    await other.store.accepted(stored, 'r-1');
    const store = pausing(backend.dataDir, () => Promise.reject(new Error('it paused')));
    await expect(reserve(store, intent(), 'a call', oneOnly)).rejects.toThrow('too many');
    expect(await all(other)).toHaveLength(1);
  });
});
