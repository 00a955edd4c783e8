import { createHash } from 'node:crypto';
import type { RequestId } from '@modelcontextprotocol/server';
import type { Clock } from '../../../clock.ts';
import type { WaitEnd } from '../../../jobs/calls.ts';
import { objectOf } from '../../../json.ts';
import type { Listening } from '../../channel.ts';
import { waitEnd } from '../../hosts.ts';

// In ms: for as long as the body of a request may take.
const KEPT_FOR = 60_000;
const MAX_KEPT = 10_000;

/** What is known of a call that is not open: that it has ended, or why it is to end as soon as it comes. */
interface Note {
  at: number;
  why: WaitEnd | 'ended';
}

type End = (why: WaitEnd) => void;

/**
 * Carries stops between the processes of a service, in which a call and its cancellation arrive at different ones. Never
 * throws: what it cannot carry is as if it were not there.
 */
export interface SharedStops {
  /** Tells the others of a stop for a call that is not open here. */
  tell(tenant: string, key: string, why: WaitEnd): void;
  /** Calls `end` when another process tells of this stop, or has within the last minute, until what it returns is called. */
  expect(key: string, end: End): () => void;
  /** Asks whether another process was told of this stop, within the last minute. */
  told(key: string): Promise<WaitEnd | undefined>;
}

/**
 * Takes a cancellation, which a 2025 client posts as a request of its own, to the call that it means. One that overtakes
 * its call waits for it; one that comes after its call does nothing. With `shared` also to a call of another process.
 */
export function createCancellations(clock: Clock, shared?: SharedStops) {
  const calls = new Map<string, End>();
  /** The oldest first. */
  const notes = new Map<string, Note>();

  function note(key: string, why: Note['why']): void {
    const now = clock.now();
    notes.delete(key);
    notes.set(key, { at: now, why });
    for (const [oldest, { at }] of notes) {
      if (notes.size <= MAX_KEPT && now - at < KEPT_FOR) break;
      notes.delete(oldest);
    }
  }

  function noted(key: string): Note['why'] | undefined {
    const found = notes.get(key);
    return found && clock.now() - found.at < KEPT_FOR ? found.why : undefined;
  }

  return {
    /** Calls `end` when this call of a session is cancelled, or has been. */
    register(session: string, id: RequestId, end: End): Listening {
      const key = keyOf(session, id);
      const why = noted(key);
      notes.delete(key);
      calls.set(key, end);
      if (why !== undefined && why !== 'ended') end(why);
      const forget = shared?.expect(key, end);
      return {
        stop() {
          forget?.();
          if (calls.get(key) !== end) return;
          calls.delete(key);
          note(key, 'ended');
        },
        ...(shared && { told: () => shared.told(key) }),
      };
    },
    /** Ends the call that a message of a tenant cancels, if it is one that does. */
    take(tenant: string, session: string, message: unknown): void {
      const cancelled = cancelledBy(message);
      if (!cancelled) return;
      const key = keyOf(session, cancelled.id);
      const why = waitEnd(cancelled.reason);
      const end = calls.get(key);
      if (end) end(why);
      else if (noted(key) === undefined) {
        note(key, why);
        shared?.tell(tenant, key, why);
      }
    },
  };
}

/** The call that a message cancels, and why; undefined for all other messages. */
export function cancelledBy(message: unknown): { id: RequestId; reason: string } | undefined {
  const { method, params } = objectOf(message);
  if (method !== 'notifications/cancelled') return undefined;
  const { requestId: id, reason } = objectOf(params);
  if (typeof id !== 'string' && typeof id !== 'number') return undefined;
  return { id, reason: typeof reason === 'string' ? reason : '' };
}

/** Clients count their requests from 0: an id alone would name calls of all of them. Always as short. */
const keyOf = (session: string, id: RequestId): string =>
  createHash('sha256')
    .update(JSON.stringify([session, id]))
    .digest('base64');
