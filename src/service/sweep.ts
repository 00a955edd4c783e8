import { type Clock, startDeadline, unlessAborted } from '../clock.ts';
import { ToolError } from '../errors.ts';
import { createSweep, SWEPT_WITHIN, type Sweep } from '../jobs/sweep.ts';
import type { AccountProgram } from '../program.ts';
import type { Authentication } from '../tenants/authenticate.ts';
import type { createTenantPrograms } from './tenant-programs.ts';

// In ms, from half of it to one and a half: replicas that start together part.
const EVERY = 30_000;
// Accounts that are looked at in one pass.
const AT_ONCE = 20;
// In ms: how long one of them may take. Reads that calls wait for go first, and may leave no time for these.
const TURN = 10_000;

/** The tenants who may have open jobs since a time (ISO 8601): of those that are known, and perhaps others. */
export type FindOpen = (known: readonly string[], since: string) => Promise<string[]>;
/** Likewise those who may have any records. */
export type FindRecorded = (known: readonly string[]) => Promise<string[]>;

export interface SweepOptions {
  tenants: Pick<Authentication, 'named' | 'names'>;
  programs: Pick<ReturnType<typeof createTenantPrograms>, 'during' | 'names'>;
  findOpen: FindOpen;
  findRecorded: FindRecorded;
  clock: Clock;
  random: () => number;
  /** Ends it at once. */
  signal: AbortSignal;
  /** Warns now and then of what happens in each pass. */
  warn: (kind: string) => void;
}

/**
 * Looks after the jobs that no call follows, with each tenant's own key, and deletes old records of tenants who call no
 * more, until the signal aborts. Never rejects.
 */
export async function keepSweeping(options: SweepOptions): Promise<void> {
  const { tenants, programs, findOpen, findRecorded, clock, random, signal, warn } = options;
  const sweeps = new WeakMap<AccountProgram, Sweep>();
  /** Who was looked at last: the tenants take turns by their names. */
  let last = '';
  /** Whose old records are to be deleted, one tenant a pass. */
  let toPrune: string[] = [];

  function sweepOf(program: AccountProgram): Sweep {
    const { store, jobs, originals } = program;
    const { lookAfter } = jobs;
    const sweep =
      sweeps.get(program) ?? createSweep({ store, lookAfter, clock, onEnded: originals.keepLater });
    sweeps.set(program, sweep);
    return sweep;
  }

  async function lookAt(name: string): Promise<void> {
    const tenant = tenants.named(name);
    if (!tenant)
      return warn(`tenant ${name} has open jobs, but is no tenant any more: nobody looks after them`);
    const reason = new Error('there was no time left for them');
    const turn = startDeadline(clock, TURN, { signal, reason });
    // What does not end in time, as the database is away, goes on behind the others.
    await unlessAborted(
      programs.during(tenant, (program) => sweepOf(program)(turn.signal)),
      turn.signal,
    )
      .catch((error) => {
        // A message may quote what RunComfy said, which is another each time.
        const why = error instanceof ToolError ? error.code : error.message;
        if (!signal.aborted) warn(`the jobs of tenant ${name} are not looked after: ${why}`);
      })
      .finally(turn.clear);
  }

  async function pruneNext(known: readonly string[]): Promise<void> {
    if (toPrune.length === 0) toPrune = await findRecorded(known);
    const name = toPrune.shift();
    const tenant = name === undefined ? undefined : tenants.named(name);
    if (tenant) await programs.during(tenant, async ({ jobs }) => jobs.prune());
  }

  async function pass(): Promise<void> {
    const known = [...new Set([...tenants.names(), ...programs.names()])];
    const since = new Date(clock.now() - SWEPT_WITHIN).toISOString();
    const names = (await findOpen(known, since)).sort();
    const inTurn = [...names.filter((name) => name > last), ...names.filter((name) => name <= last)];
    for (const name of inTurn.slice(0, AT_ONCE)) {
      if (signal.aborted) return;
      last = name;
      await lookAt(name);
    }
    if (signal.aborted) return;
    await pruneNext(known).catch((error) =>
      warn(`old records of tenants who call no more are not deleted: ${error.message}`),
    );
  }

  for (;;) {
    await clock.sleep(EVERY * (0.5 + random()), signal).catch(() => {});
    if (signal.aborted) return;
    await unlessAborted(pass(), signal).catch((error) => {
      if (!signal.aborted) warn(`nobody looks after jobs that no call follows: ${error.message}`);
    });
  }
}
