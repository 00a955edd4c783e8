import { ToolError } from '../errors.ts';
import { fieldsOf } from './fields.ts';
import { quotable } from './quote.ts';
import { inWords, kindOfNumber, type ReadReply, refusalError } from './refusals.ts';
import { findRequestId } from './request-id.ts';
import { REQUEST_ID } from './wire.ts';

/** A job that was submitted. */
export interface Submitted {
  requestId: string;
  /**
   * Present where the id is no more than a lead, as its reply does not prove that there is such a job: what to throw
   * if RunComfy does not know it. `charged` is `no` where nothing was processed then.
   */
  unproven?: ToolError;
}

/** What one POST proves about the job. */
export type Verdict =
  | { kind: 'submitted'; submitted: Submitted }
  /** Certainly not processed, and not worth another try. */
  | { kind: 'refused'; error: ToolError }
  /** Certainly not processed; may be sent again after `wait` seconds, or after a jittered pause. */
  | { kind: 'again'; error: ToolError; wait?: number }
  /** Certainly not sent, as its permit had run out: may be sent at once by a new one. */
  | { kind: 'too_late'; error: ToolError }
  /** May have been processed: never sent again. */
  | { kind: 'unknown'; error: ToolError };

/** Numbers of RunComfy's that prove that nothing was started, unless a 5xx holds them. */
const CERTAIN = new Set(['key_refused', 'no_balance', 'unknown_model', 'unknown_request', 'input_refused']);
/** The 4xx that prove nothing: a timeout, a conflict, a replay, a limit of the rate. */
const UNCERTAIN = new Set([408, 409, 425, 429]);

/** Judges a reply to a submit. An id in it is never thrown away unless RunComfy itself refuses the job by a number. */
export function judgeReply(reply: ReadReply, redact: (text: string) => string): Verdict {
  const id = requestIdIn(reply);
  const refusal = () => refusalError('submit', reply, redact);
  const isRefused = isCertain(reply);
  if (
    typeof id === 'string' &&
    REQUEST_ID.test(id) &&
    redact(id) === id &&
    !(isRefused && isNumbered(reply))
  ) {
    const isProven = isOk(reply) && reply.json !== undefined && reply.brokenBy === undefined;
    if (isProven) return { kind: 'submitted', submitted: { requestId: id } };
    const unproven =
      isRefused || reply.status === 429
        ? refusal()
        : unknownError(`${why(reply, redact)} It names request ${id}, which RunComfy does not know.`);
    return { kind: 'submitted', submitted: { requestId: id, unproven } };
  }
  if (isRefused) return { kind: 'refused', error: refusal() };
  if (id !== undefined) {
    const quoted = quotable(String(id), { redact });
    return {
      kind: 'unknown',
      error: unknownError(
        `RunComfy answered HTTP ${reply.status} with a request id of no known form: "${quoted}".`,
      ),
    };
  }
  if (!isForNow(reply)) return { kind: 'unknown', error: unknownError(why(reply, redact)) };
  return {
    kind: 'again',
    error: refusal(),
    ...(reply.retryAfter !== undefined && { wait: reply.retryAfter }),
  };
}

/** The failure of a submit whose job may exist. */
export function unknownError(why: string): ToolError {
  return new ToolError('submit_unknown', `${why} The job may exist and be charged; it was not sent again.`, {
    next: 'Look at the Generations page of the RunComfy account before you call again: a second call is a second job.',
    charged: 'maybe',
  });
}

/** The id in a reply, of whatever form; of a body that is no JSON, one that stands in it whole. */
function requestIdIn({ json, text }: ReadReply): string | number | undefined {
  const id = json === undefined ? findRequestId(text) : fieldsOf(json).request_id;
  return (typeof id === 'string' && id !== '') || typeof id === 'number' ? id : undefined;
}

const isOk = ({ status }: ReadReply): boolean => status >= 200 && status <= 299;

/** Whether a refusal is final: a 4xx, or RunComfy's number in a 2xx, which is an error too. */
function isCertain(reply: ReadReply): boolean {
  const { status, number } = reply;
  if (status >= 400 && status <= 499 && !UNCERTAIN.has(status)) return true;
  return (isOk(reply) || status === 429) && CERTAIN.has(kindOfNumber(number) ?? '');
}

/** Whether RunComfy itself refuses, so that an id beside it is no job's. A limit of the rate proves too little for that. */
const isNumbered = ({ status, number, isOwnNumber }: ReadReply): boolean =>
  status !== 429 && (isOwnNumber || kindOfNumber(number) !== undefined);

/** Whether a reply without an id says that nothing was done, and may be done later. */
function isForNow(reply: ReadReply): boolean {
  if (reply.status === 503) return reply.retryAfter !== undefined && reply.isOwnNumber;
  // Where something is missing, an id may have stood in it.
  const isCut = reply.brokenBy !== undefined || (reply.json === undefined && /^\s*\{/.test(reply.text));
  return reply.status === 429 && !isCut;
}

/** Why nothing is known, in a sentence. */
function why(reply: ReadReply, redact: (text: string) => string): string {
  const { status, number, brokenBy } = reply;
  if (brokenBy !== undefined)
    return `The submit went out, but the answer broke off (HTTP ${status}, ${brokenBy}).`;
  return isOk(reply) && number === undefined
    ? `RunComfy answered HTTP ${status} without a request id.`
    : `RunComfy answered with an error ${inWords(reply, redact)}.`;
}
