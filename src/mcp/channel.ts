import type { RequestId } from '@modelcontextprotocol/server';
import type { WaitEnd } from '../jobs/calls.ts';
import { waitEnd } from './hosts.ts';

/** What a server needs to know of a client that does not say with each request who it is. */
export interface KnownClient {
  name: string | undefined;
  /** Whether it shows pages in the chat. */
  showsViews: boolean;
}

/** Listens for the cancellation of one call. */
export interface Listening {
  /** Ends it, when the call ends. */
  stop(): void;
  /**
   * Asks why the call was cancelled at another process, if it was: a process that was frozen acts before it hears of that.
   * Never rejects. Absent where there is no other.
   */
  told?(): Promise<WaitEnd | undefined>;
}

/** What a transport tells of a connection: over stdio one for all requests of a client, over HTTP one for each request. */
export interface Channel {
  /** The client as an earlier request named it. */
  client?: KnownClient | undefined;
  /** Settles when a message that the SDK counts as `sent` has left this process whole, or never will. */
  left(sent: Promise<void>): Promise<void>;
  /** Why the SDK aborted a call. */
  endOf(reason: unknown): WaitEnd;
  /** Calls `end` when the call with this JSON-RPC id is cancelled by a request that came another way. */
  onCancel?(id: RequestId, end: (why: WaitEnd) => void): Listening;
  /**
   * Resolves when cancellations are read that came before now: a process that was frozen or busy finds the end of a job and
   * the cancellation of its call at the same time.
   */
  inputRead(): Promise<void>;
  /** Aborts when the process is to end. */
  drain?: AbortSignal;
}

/** Of a connection whose transport resolves `send` only when a message has left, and that brings all cancellations. */
export const OWN_CONNECTION: Channel = {
  left: (sent) => sent,
  endOf: waitEnd,
  // A whole turn of the event loop.
  inputRead: () => new Promise((resolve) => setImmediate(() => setImmediate(resolve))),
};
