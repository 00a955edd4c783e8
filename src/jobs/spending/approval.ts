import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { ToolError } from '../../errors.ts';
import type { PaidCall, Wait } from '../calls.ts';
import type { ApprovalRequest, Approvals } from '../store.ts';
import { type Estimate, type Estimates, sumEstimates } from './estimates.ts';
import { dollars } from './totals.ts';

/**
 * Resolves if calls may be submitted, all of them at once and only this time: they cost little enough, or the user
 * approved them. Throws ApprovalNeeded, or `store_unavailable`.
 */
export type RequireApproval = (fingerprint: string, calls: readonly PaidCall[], wait: Wait) => Promise<void>;

/** For how long a code and an approval count, in ms. */
export const APPROVAL_LIFE = 600_000;

// Without letters and digits that look alike.
const ALPHABET = 'ABCDEFGHJKMNPQRSTVWXYZ0123456789';
const CODE_LENGTH = 12;

/** What the user is to be asked. */
interface Question {
  calls: readonly PaidCall[];
  /** Undefined if the cost is unknown. */
  estimate: Estimate | undefined;
  confirmAboveUsd: number;
  /** Approves these calls, once. Whoever has it can do so: it goes to the client, and to nobody else. */
  approvalCode: string;
}

/** Calls were not submitted because the user has to approve them first. Its text does not hold the code. */
export class ApprovalNeeded extends ToolError {
  readonly question: Question;

  constructor(question: Question) {
    const limit = dollars(question.confirmAboveUsd);
    const why = `Not submitted: the user wants to be asked before a call that may cost more than ${limit}.`;
    super('not_approved', why, { next: 'Ask the user.' });
    this.question = question;
  }
}

/** Makes what asks for approval above an estimated cost; undefined if the user set none. */
export function createApproval({
  confirmAboveUsd,
  approvals,
  estimates,
  clock,
}: Pick<Config, 'confirmAboveUsd'> & {
  approvals: Approvals;
  estimates: Estimates;
  clock: Clock;
}): RequireApproval | undefined {
  if (confirmAboveUsd === undefined) return undefined;

  return async (fingerprint, calls, { signal }) => {
    const estimate = sumEstimates(calls.map(await estimates.load()));
    const usd = estimate?.high;
    if (usd !== undefined && usd <= confirmAboveUsd) return;
    // A call that nobody waits for any more uses nothing up.
    signal.throwIfAborted();
    if (await approvals.take(fingerprint, usd)) return;
    const approvalCode = newCode();
    const request: ApprovalRequest = {
      fingerprint,
      ...(usd !== undefined && { usd }),
      subject: subjectOf(calls),
      expires: clock.now() + APPROVAL_LIFE,
    };
    await approvals.request(approvalCode, request);
    throw new ApprovalNeeded({ calls, estimate, confirmAboveUsd, approvalCode });
  };
}

/** 60 bits: a million guesses a second find one of a thousand open codes in 10 minutes with a chance of 1 in 2 million. */
const newCode = () => [...randomBytes(CODE_LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');

/** What calls are in a few words: `1 job of openai/gpt-image-2/edit`, `3 jobs of A and 1 of B`. */
export function subjectOf(calls: readonly PaidCall[]): string {
  const counts = new Map<string, number>();
  for (const { model } of calls) counts.set(model, (counts.get(model) ?? 0) + 1);
  return [...counts]
    .map(([model, count], index) => `${count} ${index > 0 ? '' : count === 1 ? 'job ' : 'jobs '}of ${model}`)
    .join(' and ');
}
