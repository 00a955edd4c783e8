import { ToolError } from '../../errors.ts';
import { type ApprovalNeeded, subjectOf } from '../../jobs/spending/approval.ts';
import { dollars } from '../../jobs/spending/totals.ts';
import { quoteUntrusted } from '../../runcomfy/sanitize.ts';
import { estimateText } from './estimate-words.ts';

const MAX_PROMPT = 80;

/** The question for the user. */
export function approvalQuestion({ question }: ApprovalNeeded): string {
  const { calls, estimate, confirmAboveUsd } = question;
  const prompt = calls[0]?.input.prompt;
  return [
    `Submit ${subjectOf(calls)} and pay for ${calls.length === 1 ? 'it' : 'them'}?`,
    estimateText(estimate),
    `You asked to confirm above ${dollars(confirmAboveUsd)}.`,
    typeof prompt === 'string' && `Prompt: "${quoteUntrusted(prompt, { max: MAX_PROMPT })}"`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The error for a client that cannot ask its user: the agent does, and tells by the code. */
export const askedByAgent = (needed: ApprovalNeeded): ToolError =>
  new ToolError(needed.code, `${needed.message} ${estimateText(needed.question.estimate)}`, {
    next: `Ask the user. If they agree, call approve_cost with code "${needed.question.approvalCode}", then repeat exactly this call within 10 minutes.`,
  });

/** The error after the user said no, or nothing. */
export const declined = (what: 'declined' | 'did not answer'): ToolError =>
  new ToolError('not_approved', `The user ${what}: nothing was submitted.`, {
    next: 'Ask the user what to do instead; do not repeat the call.',
  });
