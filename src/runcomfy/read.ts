import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import { type Asked, serviceError, TransportError, unreachableError } from './errors.ts';
import { isRefusal, type ReadReply, type Reply, readReply } from './replies.ts';

// A read is free, so it may be repeated: this often, with full jitter under a doubling pause in ms.
const MAX_TRIES = 3;
const FIRST_PAUSE = 400;
const MAX_RETRY_AFTER = 20;

/**
 * A budget of retries that all reads of a process share, so that a service in trouble is not asked ever more:
 * a retry takes one, an answer gives a tenth back.
 */
export interface RetryBudget {
  take(): boolean;
  giveBack(): void;
}

const MAX_RETRIES = 20;
const GIVEN_BACK = 0.1;

export function createRetryBudget(): RetryBudget {
  let left = MAX_RETRIES;
  return {
    take() {
      if (left < 1) return false;
      left -= 1;
      return true;
    },
    giveBack() {
      left = Math.min(MAX_RETRIES, left + GIVEN_BACK);
    },
  };
}

/** Reads with a few retries. Throws ToolError (`retryable` where a later look may succeed) or the signal's reason. */
export async function sendWithRetry(
  asked: Asked,
  get: () => Promise<Reply>,
  tools: {
    clock: Clock;
    random: () => number;
    redact: (text: string) => string;
    host: string;
    budget: RetryBudget;
    signal?: AbortSignal | undefined;
    /** Refusals that mean something to the caller and are handed back instead of thrown. */
    accept?: (reply: ReadReply) => boolean;
  },
): Promise<ReadReply> {
  for (let tries = 1; ; tries++) {
    const outcome = await get().then(
      (reply) => whole(readReply(reply), tools.host),
      (error) => failure(error, tools.host),
    );
    if (!(outcome instanceof ToolError)) {
      const usable = !isRefusal(outcome) && outcome.json !== undefined;
      if (usable) tools.budget.giveBack();
      if (usable || tools.accept?.(outcome)) return outcome;
    }
    const error = outcome instanceof ToolError ? outcome : serviceError(asked, outcome, tools.redact);
    const wait = error.retryAfter ?? 0;
    if (!error.retryable || tries === MAX_TRIES || wait > MAX_RETRY_AFTER || !tools.budget.take())
      throw error;
    await tools.clock.sleep(Math.max(wait * 1000, tools.random() * FIRST_PAUSE * 2 ** tries), tools.signal);
  }
}

/** A reply that can be read although it broke off, as where its length was told wrong, is as good as any. */
const whole = (reply: ReadReply, host: string): ReadReply | ToolError =>
  reply.brokenBy !== undefined && reply.json === undefined ? unanswered(host, reply.brokenBy) : reply;

function failure(error: unknown, host: string): ToolError {
  if (!(error instanceof TransportError)) throw error;
  if (!error.sent) return unreachableError(error, host);
  return unanswered(host, error.code, error);
}

function unanswered(host: string, code: string, cause?: unknown): ToolError {
  return new ToolError('unreachable', `${host} did not answer (${code}).`, {
    next: 'Call again in a moment.',
    retryable: true,
    cause,
  });
}
