import { randomUUID } from 'node:crypto';
import type { JSONRPCMessage, RequestId, ServerContext } from '@modelcontextprotocol/server';
import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { ListRoots } from '../images/folders/allowed-folders.ts';
import type { Wait, WaitEnd } from '../jobs/calls.ts';
import type { Job } from '../jobs/job.ts';
import type { Log } from '../log.ts';
import { progressLine } from '../tools/support/job-words.ts';
import type { Channel } from './channel.ts';
import { waitBudget } from './hosts.ts';
import type { StartProgress } from './progress.ts';

export interface CallOptions {
  clock: Clock;
  startProgress: StartProgress;
  /** The user's setting; undefined asks the table of hosts. */
  waitSeconds: number | undefined;
  log: Log;
  /** Hears of every call that has ended. */
  onCall?: ((report: CallReport) => void) | undefined;
}

/** What became of a call of a tool: facts of ours, but for the client's name. */
export type CallReport = {
  tool: string;
  client: string | undefined;
  /** `ok`, the code of an error, or how the client left. */
  outcome: string;
  duration_ms: number;
  /** Of its job, if it was about one. */
  request_id: string | undefined;
  /** Its job is an earlier call's, whose answer reached nobody. */
  resumed: true | undefined;
};

const LEFT: Record<WaitEnd, string> = { user: 'cancelled', timeout: 'timed_out', closed: 'disconnected' };

/** What a call needs to know of the connection that it came by. */
export interface Connection {
  /** The client's name. */
  client: string | undefined;
  era: 'legacy' | 'modern';
  /** Whether the client can ask its user. */
  canAsk(): boolean;
  /** Whether a page of ours is told of failures. */
  showsFailures(): boolean | undefined;
  channel: Channel;
  deliveries: Deliveries;
  roots: ListRoots;
  /** The outputs, by their handles, and the whole batches whose previews have left on it. */
  shown: Set<string>;
}

/** Opens the wait of one call, with its result as it was `sent`; await `end` before its answer goes to the SDK, which sends it at once. */
export function openCall(
  context: ServerContext,
  { client, deliveries, channel }: Pick<Connection, 'client' | 'deliveries' | 'channel'>,
  { clock, startProgress, waitSeconds, log, onCall }: CallOptions,
): {
  wait: Wait;
  sent: Promise<JSONRPCMessage | undefined>;
  /** Reports something else than polls as progress, until the next report. */
  report(words: string): void;
  /** Ends the call of a tool with the data of its result, or with its error, and tells of it. */
  end(tool: string, how: { data?: Record<string, unknown>; error?: unknown }): Promise<void>;
} {
  const { id, signal, _meta } = context.mcpReq;
  const token = _meta?.progressToken;
  const seconds = waitSeconds ?? waitBudget(client, token !== undefined);
  const began = clock.now();
  const ended = new AbortController();
  let isSending = false;
  const endWait = () => {
    const why = channel.endOf(signal.reason);
    // A client that has closed its end may still read what is being written: whether that leaves is found out.
    if (!isSending || why !== CLOSED) ended.abort(why);
  };
  // The SDK may have read a cancellation together with its call.
  if (signal.aborted) endWait();
  signal.addEventListener('abort', endWait, { once: true });
  const stopped = new AbortController();
  const cancel = (why: WaitEnd) => {
    ended.abort(why);
    if (why === 'user') stopped.abort();
  };
  const listening = channel.onCancel?.(id, cancel);
  const sent = deliveries.result(id, ended.signal, () => {
    isSending = true;
  });
  // The same call may come again as soon as the client finds its connection cut: the job has to be free by then.
  const delivered = sent.then(async (result) => {
    if (!result) ended.abort(CLOSED);
    // A client that no longer waits may keep its connection open, and take the answer for nothing.
    return result !== undefined && (followed.length === 0 || (await listening?.told?.()) === undefined);
  });
  let followed: readonly Job[] = [];
  const progress = token === undefined ? undefined : startProgress(context, token, began);
  return {
    wait: {
      call: randomUUID(),
      until: began + seconds * 1000,
      signal: ended.signal,
      drain: channel.drain,
      onPoll(jobs) {
        followed = jobs;
        progress?.report(() => progressLine(jobs, clock.now()));
      },
      ...(listening?.told && {
        async hear() {
          const why = await listening.told?.();
          if (why !== undefined) cancel(why);
        },
      }),
      ...(listening && {
        async isStopped() {
          if (ended.signal.reason === CLOSED) await clock.sleep(LATE_STOP, stopped.signal).catch(() => {});
          return stopped.signal.aborted;
        },
      }),
      delivered,
    },
    sent,
    report: (words) => progress?.report(() => words),
    async end(tool, { data, error }) {
      progress?.stop();
      await channel.inputRead();
      listening?.stop();
      const id = followed.length === 1 ? followed[0]?.request_id : undefined;
      const report: CallReport = {
        ...{ tool, client },
        outcome: ended.signal.aborted ? LEFT[ended.signal.reason as WaitEnd] : outcomeOf(error),
        duration_ms: Math.max(0, Math.round(clock.now() - began)),
        request_id: typeof data?.request_id === 'string' ? data.request_id : id,
        resumed: data?.resumed === true || undefined,
      };
      log.info('tool call', report);
      onCall?.(report);
    },
  };
}

const outcomeOf = (error: unknown): string =>
  error === undefined ? 'ok' : error instanceof ToolError ? error.code : 'internal_error';

const CLOSED: WaitEnd = 'closed';
// In ms: a client may post that its user stopped a call and close the call's connection at once.
const LATE_STOP = 250;

export type Deliveries = ReturnType<typeof createDeliveries>;

/** Follows the answers on one connection. */
export function createDeliveries({ left }: Pick<Channel, 'left'>) {
  /** The listeners for results, by request id. */
  const awaited = new Map<RequestId, (whole: Promise<JSONRPCMessage | undefined>) => void>();

  return {
    /**
     * The result of a request as all of it left this process. Undefined if an error goes out in its place, it cannot leave,
     * or `ended` aborts first, with a WaitEnd. Calls `onSending` when its way out begins.
     */
    result: (id: RequestId, ended: AbortSignal, onSending: () => void) =>
      new Promise<JSONRPCMessage | undefined>((resolve) => {
        const onResult = (whole: Promise<JSONRPCMessage | undefined>) => {
          onSending();
          awaited.delete(id);
          void whole.then(resolve);
        };
        const onEnd = () => {
          if (awaited.get(id) === onResult) awaited.delete(id);
          resolve(undefined);
        };
        if (ended.aborted) return onEnd();
        ended.addEventListener('abort', onEnd, { once: true });
        awaited.set(id, onResult);
      }),
    /** Takes a message as the SDK sends it. */
    onSend(message: JSONRPCMessage, sent: Promise<void>): void {
      if ('method' in message || message.id === undefined) return;
      const whole = left(sent).then(
        () => ('result' in message ? message : undefined),
        () => undefined,
      );
      awaited.get(message.id)?.(whole);
    },
  };
}
