import {
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  type ServerContext,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { type Clock, within } from '../clock.ts';
import type { Wait } from '../jobs/calls.ts';
import type { Jobs } from '../jobs/service.ts';
import { APPROVAL_LIFE, type ApprovalNeeded } from '../jobs/spending/approval.ts';
import { objectOf } from '../json.ts';
import type { Log } from '../log.ts';
import { quoteUntrusted } from '../runcomfy/sanitize.ts';
import { approvalQuestion, declined } from '../tools/support/approval-words.ts';

// The SDK's own timer is in real time; ours ends the wait.
const NO_TIMEOUT = 2 ** 31 - 1;
const WAITING = "waiting for the user's approval";

/** Whether a client shows its user forms: `elicitation: {}` says so too. */
export const showsForms = ({ elicitation }: ClientCapabilities = {}): boolean =>
  elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined);

/** Built when it is asked for. The SDK's own schema would refuse an answer with content that it does not expect. */
const createReply = () =>
  z.object({ action: z.enum(['accept', 'decline', 'cancel']), content: z.unknown().optional() });

const form = (needed: ApprovalNeeded) => ({
  message: approvalQuestion(needed),
  requestedSchema: {
    type: 'object' as const,
    properties: { approve: { type: 'boolean' as const, title: 'Submit and pay' } },
    required: ['approve'],
  },
});

const isYes = (reply: unknown): boolean =>
  objectOf(reply).action === 'accept' && objectOf(objectOf(reply).content).approve === true;

/** The result that has a client of 2026-07-28 ask its user, and repeat the call with the answer. */
export const question = (needed: ApprovalNeeded): InputRequiredResult =>
  inputRequired({
    inputRequests: { approve: inputRequired.elicit(form(needed)) },
    requestState: needed.question.approvalCode,
  });

/**
 * Approves what the user said yes to, if a call of 2026-07-28 brings an answer. A code that is wrong or no longer counts
 * approves nothing: the question comes again. Throws if the user said anything else.
 */
export async function readAnswer(
  { mcpReq }: ServerContext,
  { approve }: Pick<Jobs, 'approve'>,
): Promise<void> {
  const { inputResponses } = mcpReq;
  const code = mcpReq.requestState();
  if (!approve || typeof code !== 'string') return;
  if (!isYes(inputResponses?.approve)) throw declined('declined');
  await approve(code);
}

/**
 * Has a client of an earlier protocol ask its user, and approves what it asked for. Not by the SDK's `input_required` for
 * such clients: that would leave out progress and our words where the client fails. Throws what `needed` says if the
 * client cannot ask, an error for the agent if the user did not say yes, or the signal's reason.
 */
export async function askUser(
  needed: ApprovalNeeded,
  call: {
    context: ServerContext;
    wait: Wait;
    report(words: string): void;
    jobs: Pick<Jobs, 'approve'>;
    clock: Clock;
    log: Log;
  },
): Promise<void> {
  const { context, wait, report, jobs, clock, log } = call;
  report(WAITING);
  const late = declined('did not answer');
  const request = { method: 'elicitation/create', params: form(needed) };
  const reply = await within(
    clock,
    APPROVAL_LIFE,
    late,
    (signal) =>
      context.mcpReq.send(request, createReply(), { signal, timeout: NO_TIMEOUT }).catch((error) => {
        throw signal.aborted ? signal.reason : error;
      }),
    wait.signal,
  ).catch((error) => {
    if (wait.signal.aborted || error === late) throw error;
    log.info(`the client cannot ask its user: ${quoteUntrusted(String(error?.message ?? error))}`);
    throw needed;
  });
  if (!isYes(reply)) throw declined('declined');
  await jobs.approve?.(needed.question.approvalCode);
  report('approved');
}
