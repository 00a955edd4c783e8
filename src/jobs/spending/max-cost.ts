import { ToolError } from '../../errors.ts';
import type { PaidCall } from '../calls.ts';
import { type Estimator, sumEstimates } from './estimates.ts';
import { dollars } from './totals.ts';

/** Throws `spend_limit` if calls may cost more than their caller allows, in USD, or if nobody knows what they cost. */
export function checkMaxCost(estimate: Estimator, calls: readonly PaidCall[], maxUsd: number): void {
  const models = new Set(calls.filter((call) => !estimate(call)).map(({ model }) => model));
  if (models.size > 0)
    throw new ToolError(
      'spend_limit',
      `Not submitted: what ${[...models].join(' and ')} costs with this input is unknown, so max_cost_usd ${dollars(maxUsd)} cannot be kept.`,
      { next: 'Leave max_cost_usd out if the user agrees to an unknown cost, or choose another model.' },
    );
  const sum = sumEstimates(calls.map(estimate));
  if (!sum || sum.high <= maxUsd + 1e-6) return;
  throw new ToolError(
    'spend_limit',
    `Not submitted: these ${calls.length} jobs may cost up to ${dollars(sum.high)}, more than max_cost_usd ${dollars(maxUsd)}.`,
    { next: 'Ask for fewer pictures or cheaper settings, or raise max_cost_usd if the user agrees.' },
  );
}
