import { randomUUID } from 'node:crypto';
import type { JSONRPCMessage, RequestId, ServerContext } from '@modelcontextprotocol/server';
import type { Clock } from '../clock.ts';
import type { Wait, WaitEnd } from '../jobs/calls.ts';
import type { Job } from '../jobs/job.ts';
import { progressLine } from '../tools/support/present.ts';
import { waitBudget, waitEnd } from './hosts.ts';

export interface CallOptions {
  clock: Clock;
  /** The user's own wait in seconds; undefined asks the table of hosts. */
  waitSeconds: number | undefined;
}

/** Opens the wait of one call; `end` is awaited before its answer is handed to the SDK, which then sends it. */
export function openCall(
  context: ServerContext,
  client: string | undefined,
  answers: Answers,
  { clock, waitSeconds }: CallOptions,
): { wait: Wait; end(): Promise<void> } {
  const { id, signal, _meta } = context.mcpReq;
  const token = _meta?.progressToken;
  const seconds = waitSeconds ?? waitBudget(client, token !== undefined);
  const began = clock.now();
  const ended = new AbortController();
  const giveUp = () => ended.abort(waitEnd(signal.reason));
  // A cancellation that was read in one go with its call came before this.
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  const progress = token === undefined ? undefined : createProgress(context, token, clock, began);
  return {
    wait: {
      call: randomUUID(),
      until: began + seconds * 1000,
      signal: ended.signal,
      onPoll: progress?.report ?? (() => {}),
      delivered: answers.delivered(id, ended.signal),
    },
    end() {
      progress?.stop();
      return inputIsRead();
    },
  };
}

/**
 * Resolves when all that lay in standard input has been read: one whole turn of the event loop. In a process that was
 * frozen, or busy, the end of a job and the cancellation of its call are found at once.
 */
const inputIsRead = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

/** What became of the answers on one connection. */
export interface Answers {
  /**
   * Whether the result of a request leaves this process whole: not where an error goes out in its place, or where
   * `ended` aborts before that, with a WaitEnd.
   */
  delivered(id: RequestId, ended: AbortSignal): Promise<boolean>;
  /** Tells of a message that is being sent; `sent` resolves when all of it has left this process, or rejects. */
  onSend(message: JSONRPCMessage, sent: Promise<void>): void;
}

// A client that has closed its end may still read what is being written.
const CLOSED: WaitEnd = 'closed';

export function createAnswers(): Answers {
  /** By request id: takes whether its result goes out whole. */
  const awaited = new Map<RequestId, (whole: Promise<boolean>) => void>();

  return {
    delivered: (id, ended) =>
      new Promise((resolve) => {
        let isSending = false;
        const onAnswer = (whole: Promise<boolean>) => {
          isSending = true;
          awaited.delete(id);
          void whole.then(resolve);
        };
        const giveUp = () => {
          if (isSending && ended.reason === CLOSED) return;
          if (awaited.get(id) === onAnswer) awaited.delete(id);
          resolve(false);
        };
        if (ended.aborted) return giveUp();
        ended.addEventListener('abort', giveUp, { once: true });
        awaited.set(id, onAnswer);
      }),
    onSend(message, sent) {
      if ('method' in message || message.id === undefined) return;
      const whole = sent.then(
        () => 'result' in message,
        () => false,
      );
      awaited.get(message.id)?.(whole);
    },
  };
}

// Looks may be further apart than this, in ms, where many jobs share one pace; some clients' clocks run on progress.
const PROGRESS_EVERY = 10_000;

/** Reports looks as progress in seconds, which rises as the protocol asks. Advisory: a failing notification harms nothing. */
function createProgress(
  context: ServerContext,
  progressToken: string | number,
  clock: Clock,
  began: number,
): { report(job: Job): void; stop(): void } {
  let last = -1;
  let next = new AbortController();
  const stop = () => next.abort();
  const report = (job: Job) => {
    stop();
    if (context.mcpReq.signal.aborted) return;
    last = Math.max(last + 0.001, (clock.now() - began) / 1000);
    const params = { progressToken, progress: last, message: progressLine(job, clock.now()) };
    context.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
    next = new AbortController();
    clock.sleep(PROGRESS_EVERY, next.signal).then(
      () => report(job),
      () => {},
    );
  };
  return { report, stop };
}
