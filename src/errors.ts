/** Every kind of failure that a caller can meet; shown in brackets at the end of an error's text. */
export type ErrorCode =
  | 'invalid_input'
  | 'no_key'
  | 'key_refused'
  | 'no_balance'
  | 'unknown_model'
  | 'unknown_request'
  | 'input_refused'
  | 'rate_limited'
  | 'service_error'
  | 'unreachable'
  | 'submit_unknown'
  | 'taken_over'
  | 'store_unavailable'
  | 'spend_limit'
  | 'not_approved'
  | 'not_submitted'
  | 'job_failed'
  | 'image_unavailable'
  | 'sharp_missing'
  | 'not_saved'
  | 'internal_error';

/** Whether the failed call may have cost something: `no` if no job was submitted, `maybe` if one may have been. */
export type Charged = 'no' | 'maybe';

/** What is known of a call that failed, apart from the words for agents. */
export interface CallFailure {
  /** Of its job, or of its batch (`batch:…`); absent if none was submitted. */
  request_id?: string | undefined;
  /** RunComfy's words, cut and cleaned. */
  error?: string | undefined;
  /** RunComfy refused the prompt or a picture, as it found it unsafe. */
  refused?: true | undefined;
}

/** What an error carries to the edge, where it is put into words. */
export interface ErrorDetails {
  /** The next step, as one imperative sentence. */
  next: string;
  charged?: Charged;
  /** Whether the same read may succeed a moment later. */
  retryable?: boolean;
  /** Seconds that the service asked to wait. */
  retryAfter?: number | undefined;
  /** The HTTP status of the reply, from RunComfy or from a gateway in front of it. */
  status?: number;
  failure?: CallFailure | undefined;
  cause?: unknown;
}

/** A failure that the caller is told about. Thrown wherever the cause is known; formatted only at the edge. */
export class ToolError extends Error {
  readonly code: ErrorCode;
  readonly next: string;
  readonly charged: Charged;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;
  readonly status: number | undefined;
  readonly failure: CallFailure | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails) {
    super(message, { cause: details.cause });
    this.name = 'ToolError';
    this.code = code;
    this.next = details.next;
    this.charged = details.charged ?? 'no';
    this.retryable = details.retryable ?? false;
    this.retryAfter = details.retryAfter;
    this.status = details.status;
    this.failure = details.failure;
  }
}

/** The code of an error, such as `ENOENT`, or of what caused it. */
export function codeOf(error: unknown): string {
  const { code, cause, name } = error as { code?: unknown; cause?: unknown; name?: string };
  if (typeof code === 'string') return code;
  return cause ? codeOf(cause) : (name ?? 'unknown');
}

/** The error of a call whose reservation another one has taken over, as it was believed dead, or cancelled. */
export function takenOver(): ToolError {
  const what = 'Another call has taken this job over or cancelled it meanwhile: nothing was submitted now.';
  return new ToolError('taken_over', what, { next: 'Call again to get the outcome of that job.' });
}
