import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import { type Reply, TransportError } from './http.ts';
import { readReply, unreachableError } from './refusals.ts';
import { judgeReply, type Submitted, unknownError, type Verdict } from './verdict.ts';

// Bounds of sending again, in tries and ms: without a connection, and when the service asks to wait.
const MAX_TRIES = 3;
const UNSENT_WITHIN = 15_000;
const ASKED_WITHIN = 30_000;
const FIRST_PAUSE = 500;

/**
 * Submits a paid job: sends it again only while it is certain that no try was processed.
 * Throws ToolError: `submit_unknown` where the job may exist, else a certain refusal.
 */
export async function submitOnce(
  post: () => Promise<Reply>,
  tools: { clock: Clock; random: () => number; redact: (text: string) => string; host: string },
): Promise<Submitted> {
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
export function permitOf(maySend: () => Promise<boolean>): () => Promise<void> {
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
