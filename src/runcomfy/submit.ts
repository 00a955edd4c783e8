import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import { inWords, kindOfNumber, serviceError, TransportError, unreachableError } from './errors.ts';
import type { Call } from './http.ts';
import { fieldsOf, isOk, REQUEST_ID, type ReadReply, type Reply, readReply } from './replies.ts';
import { findRequestId } from './request-id.ts';
import { quoteUntrusted } from './sanitize.ts';

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
type Verdict =
  | { kind: 'submitted'; submitted: Submitted }
  /** Certainly not processed, and not worth another try. */
  | { kind: 'refused'; error: ToolError }
  /** Certainly not processed; may be sent again after `wait` seconds, or after a jittered pause. */
  | { kind: 'again'; error: ToolError; wait?: number }
  /** Certainly not sent, as its permit had run out: may be sent at once by a new one. */
  | { kind: 'too_late'; error: ToolError }
  /** May have been processed: never sent again. */
  | { kind: 'unknown'; error: ToolError };

// Bounds of sending again, in tries and ms: without a connection, and when the service asks to wait.
const MAX_TRIES = 3;
const UNSENT_WITHIN = 15_000;
const ASKED_WITHIN = 30_000;
const FIRST_PAUSE = 500;

interface Tools {
  clock: Clock;
  random: () => number;
  redact: (text: string) => string;
  host: string;
}

/** Makes the submit of a client; `post` sends one authorised request. */
export function createSubmit(
  modelUrl: (id: string) => URL,
  post: (url: URL, rest: Pick<Call, 'body' | 'isPaid' | 'permit'>) => Promise<Reply>,
  tools: Tools,
) {
  return async function submit(
    modelId: string,
    input: Record<string, unknown>,
    maySend?: () => Promise<boolean>,
  ): Promise<Submitted> {
    const url = modelUrl(modelId);
    const body = JSON.stringify(input);
    const permit = maySend && permitOf(maySend);
    return submitOnce(() => post(url, { body, isPaid: true, permit }), tools);
  };
}

/**
 * Submits a paid job: sends it again only while it is certain that no try was processed.
 * Throws ToolError: `submit_unknown` where the job may exist, else a certain refusal.
 */
export async function submitOnce(post: () => Promise<Reply>, tools: Tools): Promise<Submitted> {
  const began = tools.clock.now();
  for (let tries = 1; ; tries++) {
    const verdict = await post().then(
      (reply) => judgeReply(readReply(reply), tools.redact),
      (error) => judgeFailure(error, tools.host),
    );
    if (verdict.kind === 'submitted') return verdict.submitted;
    const isAgain = verdict.kind === 'again' || verdict.kind === 'too_late';
    if (!isAgain || tries === MAX_TRIES) throw verdict.error;
    if (verdict.kind === 'too_late') continue;
    const pause =
      verdict.wait === undefined ? tools.random() * FIRST_PAUSE * 2 ** tries : verdict.wait * 1000;
    const within = verdict.error.code === 'unreachable' ? UNSENT_WITHIN : ASKED_WITHIN;
    if (tools.clock.now() - began + pause > within) throw verdict.error;
    await tools.clock.sleep(pause);
  }
}

/** What is awaited before each try of a submit: throws ToolError where it may not be sent. */
function permitOf(maySend: () => Promise<boolean>): () => Promise<void> {
  return async () => {
    if (await maySend()) return;
    throw new ToolError(
      'taken_over',
      'Another call has taken this job over meanwhile, so nothing was submitted now.',
      { next: 'Call again to get the outcome of that job.' },
    );
  };
}

function judgeFailure(error: unknown, host: string): Verdict {
  if (!(error instanceof TransportError)) throw error;
  if (error.sent) {
    const why = `The submit went out, but the answer was lost (${error.code}).`;
    return { kind: 'unknown', error: unknownError(why) };
  }
  const told = unreachableError(error, host);
  if (error.isTooLate) return { kind: 'too_late', error: told };
  return error.isCertificate ? { kind: 'refused', error: told } : { kind: 'again', error: told };
}

/** Numbers of RunComfy's that prove that nothing was started, unless a 5xx holds them. */
const CERTAIN = new Set(['key_refused', 'no_balance', 'unknown_model', 'unknown_request', 'input_refused']);
/** The 4xx that prove nothing: a timeout, a conflict, a replay, a limit of the rate. */
const UNCERTAIN = new Set([408, 409, 425, 429]);

/** Judges a reply to a submit. An id in it is never thrown away unless RunComfy itself refuses the job by a number. */
export function judgeReply(reply: ReadReply, redact: (text: string) => string): Verdict {
  const id = requestIdIn(reply);
  const refusal = () => serviceError('submit', reply, redact);
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
    const quoted = quoteUntrusted(String(id), { redact });
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
function unknownError(why: string): ToolError {
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
