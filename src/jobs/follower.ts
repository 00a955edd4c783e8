import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Follower, Job } from './job.ts';

// How long a process's word holds that it follows a job, in ms. A process that dies is noticed by its pid;
// the lease is for followers on other machines that share the directory.
export const LEASE = 60_000;

/** This process as a follower of jobs. */
export interface Self {
  /** A lease on a job for `ms` from `now`; it has to be renewed before it runs out. */
  lease(now: number, ms: number): Follower;
  /** Whether it is this process whose lease stands on a job. */
  holds(job: Job): boolean;
  /** Whether a process other than this one follows the job at `now` (ms). */
  isFollowedByOther(job: Job, now: number): boolean;
}

export function createSelf(isAlive: (pid: number) => boolean = pidIsAlive): Self {
  // Named when the first job asks: crypto takes 4 ms to load, which no start should wait for.
  let named: Omit<Follower, 'until'> | undefined;
  const me = () => {
    named ??= { host: hostname(), pid: process.pid, session: randomUUID() };
    return named;
  };
  return {
    lease: (now, ms) => ({ ...me(), until: new Date(now + ms).toISOString() }),
    holds: ({ follower }) => follower?.session === me().session,
    isFollowedByOther({ follower }, now) {
      if (!follower || follower.session === me().session || follower.until < new Date(now).toISOString())
        return false;
      // A pid says nothing about a process on another machine, and our own pid is no other process's.
      if (follower.host !== me().host) return true;
      return follower.pid !== me().pid && isAlive(follower.pid);
    },
  };
}

function pidIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A dead process whose parent has not taken note, for ever where a container's first process takes none. Linux only. */
function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
