import * as z from 'zod';
import { ToolError } from '../errors.ts';
import type { Jobs } from '../jobs/service.ts';
import { dollars } from '../jobs/spending/totals.ts';
import { defineTool } from './support/define.ts';

/** The tool that lets one call through for which the user has to be asked. */
export const approveCost = (approve: NonNullable<Jobs['approve']>) =>
  defineTool({
    name: 'approve_cost',
    title: 'Approve a cost',
    description:
      'Let one refused call through, by the code in its refusal. Only after the user agreed to pay: never decide it yourself. Costs nothing.',
    input: z.strictObject({ code: z.string().max(100).describe('The code in the refusal.') }),
    output: z.looseObject({ approved: z.string(), max_usd: z.number().optional(), expires_at: z.string() }),
    // Some hosts ask their users before a tool that they are told is destructive.
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    searchHint: 'approve the cost of a RunComfy call that the user agreed to',
    requiresUserInteraction: true,
    async run({ code }) {
      const approved = await approve(code);
      if (!approved) throw unknownCode();
      const { subject, usd, expires } = approved;
      const cost = usd === undefined ? 'at an unknown cost' : `for up to ${dollars(usd)}`;
      const expires_at = new Date(expires).toISOString();
      return {
        lines: [`Approved once, until ${expires_at}: ${subject}, ${cost}.`],
        data: {
          approved: subject,
          max_usd: usd,
          expires_at,
          next: 'Repeat exactly the call that was refused.',
        },
      };
    },
  });

const unknownCode = () =>
  new ToolError('not_approved', 'No call waits for this code: it is wrong, used, or older than 10 minutes.', {
    next: 'Repeat the call that was refused: it gives a new code if it still needs one.',
  });
