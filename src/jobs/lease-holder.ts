import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Log } from '../log.ts';
import type { Heartbeats } from './heartbeats.ts';
import type { Follower, Job } from './job.ts';
import { type Liveness, livenessOf, thisProcess } from './process-identity.ts';

/** This process as a holder of leases on jobs. */
export interface LeaseHolder {
  /** What a record says of a job that this process follows; from the first one on it proves that it lives. */
  lease(): Promise<Follower>;
  /** Whether it is this process whose lease stands on a job. */
  holds(job: Job): boolean;
  /** Whether another process follows the job, as far as that can be told at once; `dead` also where nobody does. */
  otherFollower(job: Job): Liveness;
  /** Waits for a proof that a process which cannot be looked at lives; it is dead where none comes. Rejects with the signal's reason. */
  watch(follower: Follower, signal: AbortSignal): Promise<'alive' | 'dead'>;
  /** Before the process ends: tells the others, so that they need not wait for a proof. */
  end(): Promise<void>;
}

export function createLeaseHolder(heartbeats: Heartbeats, log: Log): LeaseHolder {
  // Named when the first job asks: crypto takes 4 ms to load, which no start should wait for.
  let named: Follower | undefined;
  const me = () => {
    named ??= { session: randomUUID(), host: hostname(), ...thisProcess() };
    return named;
  };
  return {
    async lease() {
      // Without that proof another machine may take the job over, which costs nothing.
      await heartbeats
        .begin(me().session)
        .catch((error) => log.warn(`cannot show other processes that this one lives: ${error.message}`));
      return me();
    },
    holds: ({ follower }) => follower?.session === me().session,
    otherFollower({ follower }) {
      if (!follower || follower.session === me().session) return 'dead';
      return livenessOf(follower, me());
    },
    watch: async ({ session }, signal) => ((await heartbeats.isBeating(session, signal)) ? 'alive' : 'dead'),
    end: () => heartbeats.end(),
  };
}
