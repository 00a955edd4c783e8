import { type Charged, codeOf, ToolError } from '../errors.ts';
import { messageOf, type ReadReply } from './replies.ts';
import { quoteUntrusted } from './sanitize.ts';

/** What was asked of the service when it refused. */
export type Asked = 'submit' | 'job' | 'balance' | 'catalogue' | 'model';

/** Every kind of refusal, in words. */
const ERRORS = {
  key_refused: {
    said: 'RunComfy refused the API key',
    next: 'Copy the key again from the Profile page of runcomfy.com into RUNCOMFY_API_KEY and restart this server.',
  },
  no_balance: {
    said: 'The RunComfy account has no balance left',
    next: 'Add balance on the Billing page of runcomfy.com, then call again.',
  },
  unknown_model: {
    said: 'RunComfy does not know this model',
    next: 'It may have been renamed or withdrawn: find_image_models lists the current ids.',
  },
  unknown_request: {
    said: 'RunComfy does not know this request id',
    next: 'Check it with list_image_jobs; old results expire.',
  },
  input_refused: { said: 'RunComfy refused the input', next: 'Correct what it names, then call again.' },
  rate_limited: {
    said: 'RunComfy limits the rate of calls and refused this one',
    next: 'Wait a minute, then call again.',
  },
  service_error: { said: 'RunComfy answered with an error', next: 'Call again in a minute.' },
} as const;
type ErrorKind = keyof typeof ERRORS;

/** RunComfy's error numbers; 4000xx, 403001 and 404001 are documented, the rest are those of its sibling API. */
const BY_NUMBER: Record<number, ErrorKind> = {
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
export const kindOfNumber = (number: number | undefined): ErrorKind | undefined =>
  number === undefined ? undefined : BY_NUMBER[number];

/** What a 404 without RunComfy's own number says is not there. A gateway's word does not end a job. */
const NOT_FOUND: Record<Asked, ErrorKind> = {
  submit: 'unknown_model',
  model: 'unknown_model',
  job: 'service_error',
  balance: 'service_error',
  catalogue: 'service_error',
};

/** The kind of a refusal: by RunComfy's own number first, then by HTTP status. */
export function classify(
  asked: Asked,
  { status, number, isOwnNumber }: Pick<ReadReply, 'status' | 'number' | 'isOwnNumber'>,
): ErrorKind {
  const known = kindOfNumber(number);
  // That a job is gone is believed of nobody but RunComfy.
  if (asked === 'job' && (known === 'unknown_request' || status === 404))
    return known === 'unknown_request' && isOwnNumber ? known : 'service_error';
  if (known) return known;
  if (status === 401 || status === 403) return 'key_refused';
  if (status === 402) return 'no_balance';
  if (status === 404) return NOT_FOUND[asked];
  if (status === 400 || status === 422) return 'input_refused';
  if (status === 429) return 'rate_limited';
  return 'service_error';
}

/** Turns a refusal into an error that can be told; upstream text stands in it as cut, quoted data. */
export function serviceError(
  asked: Asked,
  reply: ReadReply,
  redact: (text: string) => string,
  charged: Charged = 'no',
): ToolError {
  const code = classify(asked, reply);
  const { said, next } = ERRORS[code];
  const waitable = code === 'rate_limited' && reply.retryAfter !== undefined;
  return new ToolError(code, `${said} ${inWords(reply, redact)}.`, {
    next: waitable ? `Wait ${Math.ceil(reply.retryAfter ?? 0)} s, then call again.` : next,
    charged,
    retryable: code === 'rate_limited' || code === 'service_error',
    status: reply.status,
    ...(reply.retryAfter !== undefined && { retryAfter: reply.retryAfter }),
  });
}

/** A reply's status, number and message, as in `(HTTP 502, code 500001): "boom"`. */
export function inWords(reply: ReadReply, redact: (text: string) => string): string {
  const quoted = quoteUntrusted(messageOf(reply.json) ?? reply.text, { redact });
  const label = `HTTP ${reply.status}${reply.number === undefined ? '' : `, code ${reply.number}`}`;
  return `(${label})${quoted ? `: "${quoted}"` : ''}`;
}

/** No connection came about, so nothing was processed. */
export function unreachableError(error: TransportError, host: string): ToolError {
  return new ToolError('unreachable', `${host} could not be reached (${error.code}).`, {
    next: error.isCertificate
      ? 'Check the base URL and the certificates of this machine (NODE_EXTRA_CA_CERTS).'
      : 'Check the network connection and the base URL, then call again.',
    retryable: !error.isCertificate,
    cause: error,
  });
}

/** The code of what keeps a request from being sent where its time to go out has passed. */
export const TOO_LATE = 'TOO_LATE';

/** No answer came. `sent` tells whether the request had begun to go out, so whether it may have been processed. */
export class TransportError extends Error {
  readonly sent: boolean;
  readonly code: string;

  constructor(sent: boolean, cause: unknown) {
    const code = codeOf(cause);
    super(`${sent ? 'no answer' : 'no connection'} (${code})`, { cause });
    this.name = 'TransportError';
    this.sent = sent;
    this.code = code;
  }

  /** A certificate that does not fit is a matter of configuration: trying again does not help. */
  get isCertificate(): boolean {
    return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ISSUER/.test(this.code);
  }

  /** The permit to send it had run out, by a slow connection or because the process was frozen. */
  get isTooLate(): boolean {
    return this.code === TOO_LATE;
  }
}
