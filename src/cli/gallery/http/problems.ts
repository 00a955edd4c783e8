import { codeOf, type ErrorCode, ToolError } from '../../../errors.ts';
import { ImageError } from '../../../images/image-error.ts';
import type { Job } from '../../../jobs/job.ts';
import type { Problem } from '../../../view/gallery-api.ts';

/** A problem with its HTTP status. */
export interface StatusProblem extends Problem {
  status: number;
}

/** Ends an answer with a problem. */
export class ProblemError extends Error {
  readonly problem: StatusProblem;

  constructor(problem: StatusProblem) {
    super(problem.error);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** Why an output of a job cannot be shown, for people. */
export function outputProblem(error: unknown, { job, index }: { job: Job; index: number }): StatusProblem {
  if (!(error instanceof ImageError)) return failure(error);
  const what = { image: 'picture', video: 'video', audio: 'sound', '3d': '3D model' }[
    job.kinds?.[index] ?? 'image'
  ];
  if (error.obstacle === 'not trusted')
    return {
      status: 403,
      reason: 'not trusted',
      error: `This ${what} is not on a RunComfy host, so it is not loaded here. Its link may still open in your browser.`,
    };
  if (error.obstacle === 'link dead') {
    // Only what was kept has a thumbnail.
    const wasKept = job.originals?.[index]?.thumbnail !== undefined;
    const why = wasKept ? 'is no longer kept on this machine' : 'was not kept on this machine';
    return {
      status: 410,
      reason: wasKept ? 'not kept' : 'expired',
      error: `This ${what} ${why}, and its link at RunComfy has expired.`,
    };
  }
  if (error.obstacle === 'network')
    return {
      status: 502,
      reason: 'network',
      error: `This ${what} could not be loaded from RunComfy just now. It may work later.`,
    };
  if (error.isTooLarge)
    return { status: 502, reason: 'other', error: `This ${what} is too large to be shown here.` };
  if (error.isRefused)
    return { status: 502, reason: 'other', error: `This ${what} is damaged and cannot be shown.` };
  return { status: 502, reason: 'other', error: `This ${what} cannot be shown, as ${error.reason}.` };
}

/** What failed, for people. */
export function failure(error: unknown): StatusProblem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof ToolError && error.code === 'store_unavailable')
    return { status: 503, error: UNREADABLE };
  return { status: 500, error: 'Something went wrong in the gallery. Reload the page to try again.' };
}

/** Throws why a record could not be changed. */
export function unchanged(error: unknown): never {
  if (codeOf(error) !== 'store_unavailable') throw error;
  throw new ProblemError({
    status: 503,
    error:
      'The records of your jobs cannot be changed. Check that their disk is there, has space and can be written to.',
  });
}

export const UNREADABLE =
  'The records of your jobs cannot be read. Check that the disk is there and has space; the gallery keeps trying.';

const STILL = 'so jobs that are still running cannot be checked';
const REFRESH: Partial<Record<ErrorCode, string>> = {
  no_key: `No RunComfy key is set up here, ${STILL}. Run “runcomfy-image-mcp install” in a terminal to add yours.`,
  key_refused: `RunComfy does not accept your key, ${STILL}. Create a new one on your RunComfy profile page and add it with “runcomfy-image-mcp install”.`,
  unreachable: `RunComfy cannot be reached, ${STILL}. Check your internet connection; the gallery keeps trying.`,
  rate_limited: `RunComfy is busy, ${STILL} right now. The gallery keeps trying.`,
  store_unavailable: UNREADABLE,
};

/** Why jobs that are under way cannot be asked for, for people. */
export const refreshProblem = (error: unknown): string =>
  REFRESH[codeOf(error) as ErrorCode] ??
  `RunComfy did not answer as expected, ${STILL} right now. The gallery keeps trying.`;
