import { type CallFailure, ToolError } from '../errors.ts';
import type { TransportError } from './http.ts';
import { messageOf, type Reply } from './replies.ts';
import { quoteUntrusted, type Redact } from './sanitize.ts';
import { saysUnsafe } from './unsafe.ts';

/** What a request was for. */
export type Operation = 'submit' | 'job' | 'balance' | 'catalogue' | 'model';

/** Every kind of refusal, in words. */
const ERRORS = {
  key_refused: {
    what: 'RunComfy refused the API key',
    next: 'Copy the key again from the Profile page of runcomfy.com into RUNCOMFY_API_KEY and restart this server.',
  },
  no_balance: {
    what: 'The RunComfy account has no balance left',
    next: 'Add balance on the Billing page of runcomfy.com, then call again.',
  },
  unknown_model: {
    what: 'RunComfy does not know this model',
    next: 'It may have been renamed or withdrawn: find_image_models lists the current ids.',
  },
  unknown_request: {
    what: 'RunComfy does not know this request id',
    next: 'Check it with list_image_jobs; old results expire.',
  },
  input_refused: { what: 'RunComfy refused the input', next: 'Correct what it names, then call again.' },
  rate_limited: {
    what: 'RunComfy limits the rate of calls and refused this one',
    next: 'Wait a minute, then call again.',
  },
  service_error: { what: 'RunComfy answered with an error', next: 'Call again in a minute.' },
} as const;
type RefusalCode = keyof typeof ERRORS;

/** RunComfy's error numbers; 4000xx, 403001 and 404001 are documented, the rest are those of its sibling API. */
const CODES: Record<number, RefusalCode> = {
  400001: 'unknown_model',
  400002: 'no_balance',
  10001: 'no_balance',
  400004: 'key_refused',
  401001: 'key_refused',
  403001: 'key_refused',
  403003: 'key_refused',
  404001: 'unknown_request',
  422001: 'input_refused',
};

/** What an error number says by itself. */
export const codeOfNumber = (number: number | undefined): RefusalCode | undefined =>
  number === undefined ? undefined : CODES[number];

/** What a refusal says: its own number counts first, then the HTTP status. */
function refusalCode(operation: Operation, { status, number, isOwnNumber }: Reply): RefusalCode {
  const code = codeOfNumber(number);
  // Only RunComfy itself is believed that a job is gone, never a gateway.
  if (operation === 'job' && (code === 'unknown_request' || status === 404))
    return code === 'unknown_request' && isOwnNumber ? code : 'service_error';
  if (code) return code;
  if (status === 401 || status === 403) return 'key_refused';
  if (status === 402) return 'no_balance';
  if (status === 404)
    return operation === 'submit' || operation === 'model' ? 'unknown_model' : 'service_error';
  if (status === 400 || status === 422) return 'input_refused';
  return status === 429 ? 'rate_limited' : 'service_error';
}

/**
 * The error that tells of a refusal; upstream text stands in it sanitized, in quotes. `refusedAdvice` is what to do about
 * a refused key that is not the user's own.
 */
export function serviceError(
  operation: Operation,
  reply: Reply,
  redact: Redact,
  refusedAdvice?: string,
): ToolError {
  const code = refusalCode(operation, reply);
  const { what } = ERRORS[code];
  const next = (code === 'key_refused' && refusedAdvice) || ERRORS[code].next;
  const { status, retryAfter } = reply;
  const tellsWait = code === 'rate_limited' && retryAfter !== undefined;
  return new ToolError(code, `${what} ${describeReply(reply, redact)}.`, {
    next: tellsWait ? `Wait ${Math.ceil(retryAfter)} s, then call again.` : next,
    retryable: code === 'rate_limited' || code === 'service_error',
    status,
    retryAfter,
    ...(code === 'input_refused' && { failure: refusalOf(messageOf(reply.json) ?? reply.text, redact) }),
  });
}

/** What people are told of RunComfy's words about a failure. */
export function refusalOf(words: string, redact?: Redact): CallFailure {
  const error = quoteUntrusted(words, redact && { redact });
  return { error: error || undefined, refused: saysUnsafe(words) || undefined };
}

/** A reply's status, number and message, as in `(HTTP 502, code 500001): "boom"`. */
export function describeReply(reply: Reply, redact: Redact): string {
  const message = quoteUntrusted(messageOf(reply.json) ?? reply.text, { redact });
  const number = reply.number === undefined ? '' : `, code ${reply.number}`;
  return `(HTTP ${reply.status}${number})${message && `: "${message}"`}`;
}

/** The request was certainly not sent, so nothing was processed. */
export function unreachableError(error: TransportError, host: string): ToolError {
  return new ToolError('unreachable', `${host} could not be reached (${error.code}).`, {
    next: error.isCertificate
      ? 'Check the base URL and the certificates of this machine (NODE_EXTRA_CA_CERTS).'
      : 'Check the network connection and the base URL, then call again.',
    retryable: !error.isCertificate,
    cause: error,
  });
}
