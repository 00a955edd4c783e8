import type { Clock } from '../clock.ts';
import { createSweep, SWEPT_WITHIN, type Sweep } from '../jobs/sweep.ts';
import type { AccountProgram } from '../program.ts';
import type { Authentication } from '../tenants/authenticate.ts';
import type { createTenantPrograms } from './tenant-programs.ts';

// In ms, from half of it to one and a half: replicas that start together part.
const EVERY = 30_000;
// Accounts that are looked at in one pass.
const AT_ONCE = 20;

/** The tenants who may have open jobs since a time (ISO 8601): of those that are known, and perhaps others. */
export type FindOpen = (known: readonly string[], since: string) => Promise<string[]>;

export interface SweepOptions {
  tenants: Pick<Authentication, 'named' | 'names'>;
  programs: Pick<ReturnType<typeof createTenantPrograms>, 'during' | 'names'>;
  findOpen: FindOpen;
  clock: Clock;
  random: () => number;
  /** Ends it at once. */
  signal: AbortSignal;
  /** Warns now and then of what happens in each pass. */
  warn: (kind: string) => void;
}

/** Looks after the jobs that no call follows, with each tenant's own key, until the signal aborts. Never rejects. */
export async function keepSweeping(options: SweepOptions): Promise<void> {
  const { tenants, programs, findOpen, clock, random, signal, warn } = options;
  const sweeps = new WeakMap<AccountProgram, Sweep>();
  /** The tenants take turns by their names. */
  let last = '';

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
    await programs
      .during(tenant, (program) => sweepOf(program)(signal))
      .catch((error) => {
        if (!signal.aborted) warn(`the jobs of tenant ${name} are not looked after: ${error.message}`);
      });
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
  }

  for (;;) {
    await clock.sleep(EVERY * (0.5 + random()), signal).catch(() => {});
    if (signal.aborted) return;
    await pass().catch((error) => warn(`nobody looks after jobs that no call follows: ${error.message}`));
  }
}
