import type { RequestId, ServerContext } from '@modelcontextprotocol/server';
import type { Clock } from './clock.ts';
import { waitBudget, waitEnd } from './hosts.ts';
import type { Job } from './jobs/job.ts';
import type { Wait } from './jobs/wait.ts';
import type { Log } from './log.ts';
import { progressLine } from './tools/present.ts';

export interface CallWaitOptions {
  clock: Clock;
  log: Log;
  /** The user's own wait in seconds; undefined asks the table of hosts. */
  waitSeconds: number | undefined;
  delivery: Delivery;
  /** Holds what is still to be recorded about answers, until it is. */
  acknowledging: Set<Promise<void>>;
}

/**
 * Whether the result of a request leaves this process whole, asked right before it is handed to the SDK, which then
 * writes it; not where `ended` aborts before that, with a WaitEnd.
 */
export type Delivery = (id: RequestId, ended: AbortSignal) => Promise<boolean>;

/** The wait of one call, and what to await before its answer is handed to the SDK. */
export function openWait(
  context: ServerContext,
  client: string | undefined,
  { clock, log, waitSeconds, delivery, acknowledging }: CallWaitOptions,
): { wait: Wait; answered(): Promise<void> } {
  const { id, signal, _meta } = context.mcpReq;
  const token = _meta?.progressToken;
  const seconds = waitSeconds ?? waitBudget(client, token !== undefined);
  const began = clock.now();
  const end = new AbortController();
  const giveUp = () => end.abort(waitEnd(signal.reason));
  // A cancellation that was read in one go with its call came before this.
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  const settling: ((reached: boolean) => Promise<void>)[] = [];
  const progress = token === undefined ? undefined : createProgress(context, token, clock, began);

  async function acknowledge(): Promise<void> {
    const reached = await delivery(id, end.signal);
    for (const settle of settling) await settle(reached).catch((error) => log.error(error.message));
  }

  return {
    wait: {
      until: began + seconds * 1000,
      signal: end.signal,
      onAnswered: (settle) => void settling.push(settle),
      onLook: progress?.report ?? (() => {}),
    },
    async answered() {
      progress?.stop();
      if (settling.length === 0) return;
      await inputIsRead();
      const acknowledged = acknowledge().finally(() => acknowledging.delete(acknowledged));
      acknowledging.add(acknowledged);
    },
  };
}

/**
 * Resolves when all that lay in standard input has been read: one whole turn of the event loop. In a process that was
 * frozen, or busy, the end of a job and the cancellation of its call are found at once.
 */
const inputIsRead = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

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
