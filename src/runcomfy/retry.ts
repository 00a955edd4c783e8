import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import { type Operation, serviceError, unreachableError } from './errors.ts';
import { type HttpRequest, type HttpResponse, TransportError } from './http.ts';
import { isRefusal, type Reply, readReply } from './replies.ts';
import type { Redact } from './sanitize.ts';

// In tries and ms; the pause doubles, with full jitter.
const MAX_TRIES = 3;
const FIRST_PAUSE = 400;
// In seconds.
const MAX_RETRY_AFTER = 20;
// All requests of a client share a budget of retries, so that a service in trouble is not asked more and more often: a
// retry takes one, a success gives a tenth back.
const MAX_RETRIES = 20;
const REFUND = 0.1;

/** A request that may be repeated, as it is free. */
interface FreeRequest extends Pick<HttpRequest, 'method' | 'url' | 'signal'> {
  /** Refusals that mean something to the caller and are returned instead of thrown. */
  accept?: (reply: Reply) => boolean;
}

/** Makes what sends a free request with a few retries; that throws ToolError, or the signal's reason. */
export function createRetry(
  send: (request: FreeRequest) => Promise<HttpResponse>,
  {
    clock,
    random,
    redact,
    refusedAdvice,
  }: { clock: Clock; random: () => number; redact: Redact; refusedAdvice?: string | undefined },
) {
  let retriesLeft = MAX_RETRIES;

  return async function sendWithRetry(operation: Operation, request: FreeRequest): Promise<Reply> {
    const { url, signal, accept } = request;
    for (let tries = 1; ; tries++) {
      const outcome = await send(request).then(
        (response) => wholeReply(readReply(response), url.host),
        (error) => transportFailure(error, url.host),
      );
      if (!(outcome instanceof ToolError)) {
        const isSuccess = !isRefusal(outcome) && outcome.json !== undefined;
        if (isSuccess) retriesLeft = Math.min(MAX_RETRIES, retriesLeft + REFUND);
        if (isSuccess || accept?.(outcome)) return outcome;
      }
      const error =
        outcome instanceof ToolError ? outcome : serviceError(operation, outcome, redact, refusedAdvice);
      const wait = error.retryAfter ?? 0;
      if (!error.retryable || tries === MAX_TRIES || wait > MAX_RETRY_AFTER || retriesLeft < 1) throw error;
      retriesLeft -= 1;
      await clock.sleep(Math.max(wait * 1000, random() * FIRST_PAUSE * 2 ** tries), signal);
    }
  };
}

/** A reply that was cut short is as good as any if its JSON is whole, as when the announced length was wrong. */
const wholeReply = (reply: Reply, host: string): Reply | ToolError =>
  reply.brokenBy !== undefined && reply.json === undefined ? unanswered(host, reply.brokenBy) : reply;

function transportFailure(error: unknown, host: string): ToolError {
  if (!(error instanceof TransportError)) throw error;
  return error.sent ? unanswered(host, error.code, error) : unreachableError(error, host);
}

function unanswered(host: string, code: string, cause?: unknown): ToolError {
  return new ToolError('unreachable', `${host} did not answer (${code}).`, {
    next: 'Call again in a moment.',
    retryable: true,
    cause,
  });
}
