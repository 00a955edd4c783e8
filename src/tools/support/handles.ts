import { ToolError } from '../../errors.ts';
import type { JobOutput } from '../../images/library/job-output.ts';
import { DeletedError } from '../../jobs/deletion.ts';
import { formatHandle, parseBatch, parseHandle } from '../../jobs/handle.ts';
import { isFinal, type Job, jobOutputs } from '../../jobs/job.ts';
import { quoteUntrusted, shorten } from '../../runcomfy/sanitize.ts';
import type { Services, ToolCall } from './define.ts';
import { LAST } from './last.ts';
import type { Surface } from './surface.ts';
import { withTimeout } from './with-timeout.ts';

export type HandleServices = Pick<Services, 'jobs' | 'clock' | 'last' | 'surface'>;

const MAX_SHOWN = 120;

/** Whether a text is meant as a handle. */
export const isHandle = (text: string): boolean => text === LAST || /^(?:job|batch):/i.test(text);

/** The full form of a handle, `last` replaced. Throws `invalid_input`; `field` is what errors call it. */
export async function resolveHandle(field: string, given: string, { last }: HandleServices): Promise<string> {
  if (given === LAST && !last) throw wrong(field, given, 'which this server does not take', GIVE_HANDLE);
  const text = given === LAST ? await last?.handle() : given;
  if (text === undefined)
    throw wrong(field, given, 'but this server has not answered with a picture yet', FIND_ONE);
  const parsed = parseHandle(text);
  if (!parsed && parseBatch(text) !== undefined)
    throw wrong(field, given, severalWords(given, text), GIVE_ONE);
  if (!parsed) throw wrong(field, given, 'which is no handle', HANDLES);
  return formatHandle(parsed.requestId, parsed.index);
}

const HANDLES = 'Handles look like job:<request_id>#2; answers show them.';
const GIVE_HANDLE =
  'Give the handle of a picture, job:<request_id>#1: answers show them, and list_image_jobs finds earlier jobs.';
const GIVE_ONE = `Give the handle of one. ${HANDLES}`;

const severalWords = (given: string, batch: string): string =>
  given === LAST ? `but the newest answer has several pictures (${batch})` : 'which are several pictures';

/**
 * The output that a full handle names; asks RunComfy about a job that the records do not show ended. Throws an error of
 * its own for each reason why there is none.
 */
export async function findOutput(
  field: string,
  handle: string,
  { wait }: ToolCall,
  { jobs, clock, surface }: HandleServices,
): Promise<JobOutput> {
  const { requestId, index } = parseHandle(handle) as { requestId: string; index: number };
  const job = await withTimeout(clock, wait, (signal) => jobs.peek(requestId, signal)).catch((error) => {
    throw error instanceof ToolError ? notFound(field, handle, error, surface) : error;
  });
  if (job.state !== 'succeeded') throw notSucceeded(field, handle, job, requestId);
  const outputs = jobOutputs(job);
  if (index < outputs.length) return { job, index };
  const has =
    outputs.length === 0 ? 'no output' : `${outputs.length} output${outputs.length === 1 ? '' : 's'}`;
  const first = formatHandle(requestId, 0);
  const all = outputs.length > 1 ? `${first} to #${outputs.length}` : first;
  throw wrong(field, handle, `but that job has ${has}`, outputs.length > 0 ? `Give ${all}.` : FIND_ONE);
}

const FIND_ONE = 'Give the handle of another picture: list_image_jobs finds earlier jobs.';

function notFound(field: string, handle: string, error: ToolError, { isLocal }: Surface): ToolError {
  const { code, status } = error;
  if (error instanceof DeletedError)
    return wrong(field, handle, 'but the user deleted that job', FIND_ONE, { code, cause: error });
  const who = isLocal ? 'RunComfy' : 'this server';
  if (code === 'unknown_request')
    return wrong(field, handle, `but ${who} knows no such job`, FIND_ONE, { code, cause: error });
  // RunComfy's 403001 [doc].
  if (code === 'key_refused' && status === 403)
    return wrong(field, handle, 'a job of another account', FIND_ONE, { code, cause: error });
  return error;
}

function notSucceeded(field: string, handle: string, { state, error }: Job, requestId: string): ToolError {
  if (!isFinal(state))
    return wrong(
      field,
      handle,
      `which is not done yet (${state})`,
      `Call get_image_job with request_id "${requestId}", then make this call again.`,
    );
  const said = error === undefined ? '' : `: "${quoteUntrusted(error)}"`;
  return wrong(
    field,
    handle,
    state === 'failed' ? `but that job failed${said}` : 'but that job was cancelled',
    FIND_ONE,
  );
}

/** The error about a handle that cannot be used. */
export function wrong(
  field: string,
  given: string,
  why: string,
  next: string,
  { code = 'invalid_input', cause }: { code?: ToolError['code']; cause?: unknown } = {},
): ToolError {
  return new ToolError(code, `${field} is ${shorten(given, MAX_SHOWN)}, ${why}.`, { next, cause });
}
