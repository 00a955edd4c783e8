import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import { type Reply, TransportError } from './http.ts';
import {
  classify,
  isRefusal,
  type ReadReply,
  readReply,
  refusalError,
  unreachableError,
} from './refusals.ts';
import { readSubmit } from './wire.ts';

/** What one POST proves about the job. */
type Verdict =
  | { kind: 'accepted'; requestId: string }
  /** Certainly not processed, and not worth another try. */
  | { kind: 'refused'; error: ToolError }
  /** Certainly not processed; may be sent again after `wait` seconds, or after a jittered pause. */
  | { kind: 'again'; error: ToolError; wait?: number }
  /** May have been processed: never sent again. */
  | { kind: 'unknown'; error: ToolError };

// Bounds of sending again, in tries and ms: without a connection, and when the service asks to wait.
const MOST_TRIES = 3;
const UNSENT_WITHIN = 15_000;
const ASKED_WITHIN = 30_000;
const FIRST_PAUSE = 500;

/** Refusals whose number or status proves that nothing was started. */
const CERTAIN = new Set(['key_refused', 'no_balance', 'unknown_model', 'unknown_request', 'input_refused']);

/**
 * Submits a paid job: sends it again only while it is certain that no try was processed.
 * Returns the request id. Throws ToolError: `submit_unknown` where the job may exist, else a certain refusal.
 */
export async function submitOnce(
  post: () => Promise<Reply>,
  tools: { clock: Clock; random: () => number; redact: (text: string) => string; host: string },
): Promise<string> {
  const began = tools.clock.now();
  for (let tries = 1; ; tries++) {
    const verdict = await post().then(
      (reply) => judgeReply(readReply(reply), tools.redact),
      (error) => judgeFailure(error, tools.host),
    );
    if (verdict.kind === 'accepted') return verdict.requestId;
    if (verdict.kind !== 'again' || tries === MOST_TRIES) throw verdict.error;
    const pause =
      verdict.wait === undefined ? tools.random() * FIRST_PAUSE * 2 ** tries : verdict.wait * 1000;
    const within = verdict.error.code === 'unreachable' ? UNSENT_WITHIN : ASKED_WITHIN;
    if (tools.clock.now() - began + pause > within) throw verdict.error;
    await tools.clock.sleep(pause);
  }
}

function judgeReply(reply: ReadReply, redact: (text: string) => string): Verdict {
  const { status } = reply;
  const refused = isRefusal(reply);
  const requestId = readSubmit(reply.json);
  if (requestId !== undefined && status >= 200 && status <= 299 && !(refused && isCertain(reply))) {
    return { kind: 'accepted', requestId };
  }
  if (refused && isCertain(reply)) return { kind: 'refused', error: refusalError('submit', reply, redact) };
  if (status === 429) return again(reply, redact);
  if (status === 503 && reply.retryAfter !== undefined && isObject(reply.json)) return again(reply, redact);
  const why = refused
    ? refusalError('submit', reply, redact).message
    : `RunComfy answered HTTP ${status} without a request id.`;
  return { kind: 'unknown', error: unknownError(why) };
}

/** Whether a refusal is final: by RunComfy's number, or a 4xx other than 408, 409 and 429. */
function isCertain(reply: ReadReply): boolean {
  if (reply.number !== undefined && CERTAIN.has(classify('submit', 0, reply.number))) return true;
  return reply.status >= 400 && reply.status < 500 && ![408, 409, 429].includes(reply.status);
}

function again(reply: ReadReply, redact: (text: string) => string): Verdict {
  const error = refusalError('submit', reply, redact);
  return { kind: 'again', error, ...(reply.retryAfter !== undefined && { wait: reply.retryAfter }) };
}

function judgeFailure(error: unknown, host: string): Verdict {
  if (!(error instanceof TransportError)) throw error;
  if (error.sent) {
    return {
      kind: 'unknown',
      error: unknownError(`The submit went out, but the answer was lost (${error.code}).`),
    };
  }
  const told = unreachableError(error, host);
  return error.isCertificate ? { kind: 'refused', error: told } : { kind: 'again', error: told };
}

function unknownError(why: string): ToolError {
  return new ToolError('submit_unknown', `${why} The job may exist and be charged; it was not sent again.`, {
    next: 'Look at the Generations page of the RunComfy account before you call again: a second call is a second job.',
    charged: 'maybe',
  });
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
