import type { Clock } from '../clock.ts';
import { ToolError, takenOver } from '../errors.ts';
import { objectOf } from '../json.ts';
import { codeOfNumber, describeReply, serviceError, unreachableError } from './errors.ts';
import { type HttpRequest, type HttpResponse, TOO_LATE, TransportError } from './http.ts';
import { isOk, REQUEST_ID, type Reply, readReply } from './replies.ts';
import { findRequestId, isCutObject } from './request-id.ts';
import { quoteUntrusted, type Redact } from './sanitize.ts';

/** A job that was submitted. */
export interface Submission {
  requestId: string;
  /**
   * Present if the id is only a lead, as its reply does not prove that there is such a job: what to throw if RunComfy
   * does not know it. `charged` is `no` if nothing was processed then.
   */
  unproven?: ToolError;
}

/** What one POST proves about the job. */
type Verdict =
  | { kind: 'submitted'; submission: Submission }
  /** Certainly not processed, and not worth another try. */
  | { kind: 'refused'; error: ToolError }
  /** Certainly not processed; may be sent again after `wait` seconds, or after a jittered pause. */
  | { kind: 'resend'; error: ToolError; wait?: number | undefined }
  /** Certainly not sent, as it would have left too late: may be sent again once `beforeSend` allows it again. */
  | { kind: 'too_late'; error: ToolError }
  /** May have been processed: never sent again. */
  | { kind: 'unknown'; error: ToolError };

// Bounds of sending again, in tries and ms: without a connection, and when the service asks to wait.
const MAX_TRIES = 3;
const UNREACHABLE_WITHIN = 15_000;
const REFUSED_WITHIN = 30_000;
const FIRST_PAUSE = 500;

/**
 * Makes the submit of a client, which sends a paid job again only while it is certain that no try was processed; `send`
 * sends one authorised request. Submit throws ToolError: `submit_unknown` if the job may exist, else a certain refusal.
 * Once `drain` aborts it is not sent again.
 */
export function createSubmit(
  modelUrl: (id: string) => URL,
  send: (request: Omit<HttpRequest, 'key'>) => Promise<HttpResponse>,
  {
    clock,
    random,
    redact,
    refusedAdvice,
  }: { clock: Clock; random: () => number; redact: Redact; refusedAdvice?: string | undefined },
) {
  return async function submit(
    modelId: string,
    input: Record<string, unknown>,
    maySend?: () => Promise<boolean>,
    drain?: AbortSignal,
  ): Promise<Submission> {
    const url = modelUrl(modelId);
    const body = JSON.stringify(input);
    const beforeSend = async () => {
      if (maySend && !(await maySend())) throw takenOver();
    };
    const request = { method: 'POST', url, body, isPaid: true, ...(maySend && { beforeSend }) } as const;
    const began = clock.now();
    for (let tries = 1; ; tries++) {
      const verdict = await send(request).then(
        (response) => replyVerdict(readReply(response), redact, refusedAdvice),
        (error) => failureVerdict(error, url.host),
      );
      if (verdict.kind === 'submitted') return verdict.submission;
      const mayResend = verdict.kind === 'resend' || verdict.kind === 'too_late';
      if (!mayResend || tries === MAX_TRIES) throw verdict.error;
      if (verdict.kind === 'too_late') continue;
      const pause = verdict.wait === undefined ? random() * FIRST_PAUSE * 2 ** tries : verdict.wait * 1000;
      const within = verdict.error.code === 'unreachable' ? UNREACHABLE_WITHIN : REFUSED_WITHIN;
      if (clock.now() - began + pause > within) throw verdict.error;
      await clock.sleep(pause, drain).catch(() => Promise.reject(verdict.error));
    }
  };
}

function failureVerdict(error: unknown, host: string): Verdict {
  if (!(error instanceof TransportError)) throw error;
  if (error.sent) return unknown(`The submit went out, but the answer was lost (${error.code}).`);
  const kind = error.code === TOO_LATE ? 'too_late' : error.isCertificate ? 'refused' : 'resend';
  return { kind, error: unreachableError(error, host) };
}

/** Numbers of RunComfy's that prove that nothing was started, unless they come with a 5xx. */
const CERTAIN = new Set(['key_refused', 'no_balance', 'unknown_model', 'unknown_request', 'input_refused']);
/** The 4xx that prove nothing: timeout, conflict, too early, too many requests. */
const UNCERTAIN = new Set([408, 409, 425, 429]);

/** What a reply to a submit proves. An id in it is never thrown away unless RunComfy itself refuses by a number. */
export function replyVerdict(reply: Reply, redact: Redact, refusedAdvice?: string): Verdict {
  const id = requestIdIn(reply);
  const refusal = () => serviceError('submit', reply, redact, refusedAdvice);
  const isRefused = isCertain(reply);
  const isId = typeof id === 'string' && REQUEST_ID.test(id) && redact(id) === id;
  if (isId && !(isRefused && isNumbered(reply))) {
    const isProven = isOk(reply) && reply.json !== undefined && reply.brokenBy === undefined;
    if (isProven) return { kind: 'submitted', submission: { requestId: id } };
    const unproven =
      isRefused || reply.status === 429
        ? refusal()
        : unknownError(`${whyUnknown(reply, redact)} It names request ${id}, which RunComfy does not know.`);
    return { kind: 'submitted', submission: { requestId: id, unproven } };
  }
  if (isRefused) return { kind: 'refused', error: refusal() };
  if (id !== undefined) {
    const quoted = quoteUntrusted(String(id), { redact });
    return unknown(`RunComfy answered HTTP ${reply.status} with a request id of no known form: "${quoted}".`);
  }
  return isTemporary(reply)
    ? { kind: 'resend', error: refusal(), wait: reply.retryAfter }
    : unknown(whyUnknown(reply, redact));
}

const unknown = (why: string): Verdict => ({ kind: 'unknown', error: unknownError(why) });

/** The error of a submit whose job may exist. */
function unknownError(why: string): ToolError {
  return new ToolError('submit_unknown', `${why} The job may exist and be charged; it was not sent again.`, {
    next: 'Look at the Generations page of the RunComfy account before you call again: a second call is a second job.',
    charged: 'maybe',
  });
}

/** The id in a reply, whatever its form; in a body that is not JSON, one that stands in it whole. */
function requestIdIn({ json, text }: Reply): string | number | undefined {
  const id = json === undefined ? findRequestId(text) : objectOf(json).request_id;
  return (typeof id === 'string' && id !== '') || typeof id === 'number' ? id : undefined;
}

/** Whether a refusal is final: a 4xx, or RunComfy's number in a 2xx, which is an error too. */
function isCertain(reply: Reply): boolean {
  const { status, number } = reply;
  if (status >= 400 && status <= 499 && !UNCERTAIN.has(status)) return true;
  return (isOk(reply) || status === 429) && CERTAIN.has(codeOfNumber(number) ?? '');
}

/** Whether RunComfy itself refuses, so that an id next to it is no job's. A 429 proves too little for that. */
const isNumbered = ({ status, number, isOwnNumber }: Reply): boolean =>
  status !== 429 && (isOwnNumber || codeOfNumber(number) !== undefined);

/** Whether a reply without an id says that nothing was done, but may be later. */
function isTemporary({ status, retryAfter, isOwnNumber, brokenBy, json, text }: Reply): boolean {
  if (status === 503) return retryAfter !== undefined && isOwnNumber;
  // The part that is missing may have held an id.
  const isCut = brokenBy !== undefined || (json === undefined && isCutObject(text));
  return status === 429 && !isCut;
}

/** Why it is unknown whether there is a job, in a sentence. */
function whyUnknown(reply: Reply, redact: Redact): string {
  const { status, number, brokenBy } = reply;
  if (brokenBy !== undefined)
    return `The submit went out, but the answer broke off (HTTP ${status}, ${brokenBy}).`;
  return isOk(reply) && number === undefined
    ? `RunComfy answered HTTP ${status} without a request id.`
    : `RunComfy answered with an error ${describeReply(reply, redact)}.`;
}
