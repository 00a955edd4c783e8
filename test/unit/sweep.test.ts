import { expect, it } from 'vitest';
import { ToolError } from '../../src/errors.ts';
import type { Job } from '../../src/jobs/job.ts';
import type { Intent } from '../../src/jobs/store.ts';
import { createSweep } from '../../src/jobs/sweep.ts';
import { keepSweeping, type SweepOptions } from '../../src/service/sweep.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createJumpingClock } from '../support/clock.ts';

const ACCOUNT = { tenant: 'local', api: 'https://api.example' };
const MINUTE = 60_000;

it('a pass reads at most 5 jobs, those first that were read longest ago', async () => {
  const clock = createJumpingClock();
  const store = createMemoryStore({ account: ACCOUNT, openCalls: new Set(), clock });
  const submitted_at = new Date(clock.now() - 10 * MINUTE).toISOString();
  for (let nth = 0; nth < 12; nth++) {
    const job = { model: 'm/m', input: { nth }, state: 'reserved', submitted_at } as const;
    const intent: Intent = { fingerprint: `${nth}`.padStart(16, '0'), job };
    const [reserved] = await store.reserve([intent], `call ${nth}`);
    if (reserved) await store.accepted(reserved, `r-${nth}`);
  }
  const read: string[] = [];
  const sweep = createSweep({
    store,
    clock,
    lookAfter: async (requestId) => {
      read.push(requestId);
      return { model: 'm/m', input: {}, state: 'in_queue' } satisfies Job;
    },
    onEnded() {},
  });
  const { signal } = new AbortController();
  for (const count of [5, 10, 12]) {
    await sweep(signal);
    expect(read).toHaveLength(count);
    expect(new Set(read).size).toBe(count);
  }
  clock.advance(60 * MINUTE);
  await sweep(signal);
  expect(read.slice(12)).toEqual(read.slice(0, 5));
});

it('tenants take turns, 20 in a pass, and one whose jobs cannot be read keeps no other waiting', async () => {
  const clock = createJumpingClock();
  const end = new AbortController();
  const names = Array.from({ length: 45 }, (_, nth) => `t${String(nth).padStart(2, '0')}`);
  const visited: string[] = [];
  const passes: number[] = [];
  const warned: string[] = [];
  const programs: SweepOptions['programs'] = {
    names: () => [],
    async during(tenant) {
      visited.push(tenant.id);
      throw new Error('cannot be read');
    },
  };
  await keepSweeping({
    tenants: { names: () => names, named: (id) => ({ id, key: undefined, settings: {} }) },
    programs,
    async findOpen(known) {
      passes.push(visited.length);
      if (passes.length === 4) end.abort();
      if (passes.length === 2) throw new Error('the database is away');
      return [...known].reverse();
    },
    findRecorded: async () => [],
    ...{ clock, random: () => 0.5, signal: end.signal },
    warn: (kind) => void warned.push(kind),
  });
  expect(passes).toEqual([0, 20, 20, 40]);
  expect(visited).toEqual([...names.slice(0, 40)]);
  expect(warned).toContain('nobody looks after jobs that no call follows: the database is away');
});

const nobody: SweepOptions = {
  tenants: { names: () => ['a', 'b', 'c'], named: (id) => ({ id, key: undefined, settings: {} }) },
  programs: { names: () => [], during: () => new Promise(() => {}) },
  findOpen: async (known) => [...known],
  findRecorded: async () => [],
  clock: createJumpingClock(),
  random: () => 0.5,
  signal: new AbortController().signal,
  warn() {},
};

it('a tenant whose jobs get no time keeps the others waiting for a moment only', async () => {
  const end = new AbortController();
  const visited: string[] = [];
  const warned: string[] = [];
  await keepSweeping({
    ...nobody,
    programs: {
      names: () => [],
      during(tenant) {
        visited.push(tenant.id);
        if (visited.length === 4) end.abort();
        return new Promise(() => {});
      },
    },
    signal: end.signal,
    warn: (kind) => void warned.push(kind),
  });
  expect(visited).toEqual(['a', 'b', 'c', 'a']);
  expect(warned).toHaveLength(3);
  expect(warned[0]).toBe('the jobs of tenant a are not looked after: there was no time left for them');
});

it.each([
  ['tenants are looked for', { findOpen: () => new Promise<never>(() => {}) }],
  ['jobs are read', {}],
  [
    'those with old records are looked for',
    { findOpen: async () => [], findRecorded: () => new Promise<never>(() => {}) },
  ],
])('it ends at once when the process ends while the database hangs: %s', async (_, hanging) => {
  const end = new AbortController();
  const clock = createJumpingClock();
  const sweeping = keepSweeping({ ...nobody, ...hanging, clock, signal: end.signal });
  await clock.sleep(31_000);
  const before = clock.now();
  end.abort();
  await sweeping;
  expect(clock.now()).toBe(before);
});

it('old records of all tenants go in turn, one tenant a pass, and not those of one who is none any more', async () => {
  const end = new AbortController();
  const pruned: string[] = [];
  const warned: string[] = [];
  await keepSweeping({
    ...nobody,
    tenants: {
      names: () => [],
      named: (id) => (id === 'gone' ? undefined : { id, key: undefined, settings: {} }),
    },
    programs: {
      names: () => [],
      async during({ id }, work) {
        await work({ jobs: { prune: () => void pruned.push(id) } } as never);
        if (pruned.length === 5) end.abort();
        if (pruned.length === 2) throw new Error('no key');
        return undefined as never;
      },
    },
    findOpen: async () => [],
    findRecorded: async () => ['a', 'gone', 'b'],
    signal: end.signal,
    warn: (kind) => void warned.push(kind),
  });
  expect(pruned).toEqual(['a', 'b', 'a', 'b', 'a']);
  expect(warned).toEqual(['old records of tenants who call no more are not deleted: no key']);
});

it('a clock that is set back keeps no job from being read', async () => {
  const clock = createJumpingClock();
  const store = createMemoryStore({ account: ACCOUNT, openCalls: new Set(), clock });
  const submitted_at = new Date(clock.now() - 86_400_000).toISOString();
  const job = { model: 'm/m', input: {}, state: 'reserved', submitted_at } as const;
  const [reserved] = await store.reserve([{ fingerprint: '0'.repeat(16), job }], 'call');
  if (reserved) await store.accepted(reserved, 'r-1');
  let read = 0;
  const lookAfter = async () => {
    read += 1;
    return { model: 'm/m', input: {}, state: 'in_queue' } satisfies Job;
  };
  let setBack = 0;
  const now = { ...clock, now: () => clock.now() - setBack };
  const sweep = createSweep({ store, clock: now, lookAfter, onEnded() {} });
  const { signal } = new AbortController();
  await sweep(signal);
  setBack = 12 * 3_600_000;
  await sweep(signal);
  expect(read).toBe(2);
});

it('what RunComfy says of jobs that cannot be read is one kind of warning, whatever it says', async () => {
  const end = new AbortController();
  const warned: string[] = [];
  await keepSweeping({
    ...nobody,
    tenants: { names: () => ['a'], named: (id) => ({ id, key: undefined, settings: {} }) },
    programs: {
      names: () => [],
      during: async () => {
        throw new ToolError('service_error', `RunComfy failed: "${warned.length}"`, { next: 'Wait.' });
      },
    },
    signal: end.signal,
    warn: (kind) => {
      if (warned.push(kind) === 3) end.abort();
    },
  });
  expect(new Set(warned)).toEqual(new Set(['the jobs of tenant a are not looked after: service_error']));
});

it('who reads jobs of any age still gives none up that is young, and is told what is left', async () => {
  const clock = createJumpingClock();
  const store = createMemoryStore({ account: ACCOUNT, openCalls: new Set(), clock });
  const MAX_AGE = 100 * 86_400_000;
  const ages = [0, 1_000, 30 * 86_400_000];
  for (const [nth, age] of ages.entries()) {
    const submitted_at = new Date(clock.now() - age).toISOString();
    const job = { model: 'm/m', input: { nth }, state: 'reserved', submitted_at } as const;
    const [reserved] = await store.reserve([{ fingerprint: `${nth}`.padStart(16, '0'), job }], `call ${nth}`);
    if (reserved && nth > 0) await store.accepted(reserved, `r-${nth}`);
  }
  const read: string[] = [];
  const sweep = createSweep({
    ...{ store, clock, onEnded() {} },
    lookAfter: async (requestId) => {
      read.push(requestId);
      return { model: 'm/m', input: {}, state: requestId === 'r-1' ? 'succeeded' : 'in_queue' } satisfies Job;
    },
    limits: { youngest: 0, oldest: MAX_AGE, soonest: 5_000 },
  });
  const { signal } = new AbortController();
  expect(await sweep(signal)).toEqual({ read: 2, due: 0, open: 1 });
  expect(read).toEqual(['r-1', 'r-2']);
  const stateOf = async () => {
    for await (const { job } of store.newest()) if (job.request_id === undefined) return job.state;
    return undefined;
  };
  expect(await stateOf()).toBe('reserved');
  clock.advance(61_000);
  await sweep(signal);
  expect(await stateOf()).not.toBe('reserved');
});
