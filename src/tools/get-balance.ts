import * as z from 'zod';
import { dollars } from '../jobs/spending/totals.ts';
import { defineTool, type Services } from './support/define.ts';
import { withTimeout } from './support/with-timeout.ts';

// USD: a few images of the dearest model with a published price.
const LOW = 1;
const WHERE = 'the Billing page of runcomfy.com';

/** The tool that tells the account's balance. */
export const getBalance = ({ balance, clock }: Pick<Services, 'balance' | 'clock'>) =>
  defineTool({
    name: 'get_balance',
    title: 'Get the balance',
    description: 'Tell the balance of the RunComfy account in USD. Costs nothing.',
    input: z.strictObject({}),
    output: z.looseObject({ balance_usd: z.number(), next: z.string().optional() }),
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    searchHint: 'RunComfy account balance, credits and money left',
    async run(_, { wait }) {
      const balance_usd = await withTimeout(clock, wait, balance);
      const line = `The RunComfy account has a balance of ${dollars(balance_usd)}.`;
      return { lines: [line], data: { balance_usd, next: adviceOn(balance_usd) } };
    },
  });

function adviceOn(usd: number): string | undefined {
  if (usd <= 0) return `Ask the user to add balance on ${WHERE}: until then RunComfy refuses paid jobs.`;
  return usd < LOW ? `That is low: tell the user, who can add balance on ${WHERE}.` : undefined;
}
