import * as z from 'zod';
import { ToolError } from '../errors.ts';
import { parseBatch } from '../jobs/handle.ts';
import { isDeleted } from '../jobs/job.ts';
import { defineTool, type Services, type Tool, type ToolCall, type ToolResult } from './support/define.ts';
import type { JobResultServices } from './support/job-result.ts';
import { absent, type PeekServices, peeked } from './support/peek/peeked.ts';
import { jobUnderWay, type PaidTools } from './support/peek/under-way.ts';
import { peekedBatchResult, peekedResult } from './support/peek/words.ts';
import { requestIdOrBatch } from './support/schema.ts';
import { withTimeout } from './support/with-timeout.ts';

/**
 * The tool by which the view reads a job or a batch. Hosts pass no progress on to a view; and get_image_job would wait,
 * and count as the delivery that keeps a repeated call from being paid twice.
 */
export function peekImageJob(
  tools: PaidTools,
  services: JobResultServices & PeekServices & Pick<Services, 'jobs' | 'surface'>,
): Tool {
  const { jobs, clock } = services;

  async function peekJob(id: string, { wait }: ToolCall): Promise<ToolResult> {
    const read = withTimeout(clock, wait, (signal) => jobs.peek(id, signal));
    // While RunComfy cannot be asked, or does not know the job yet, the view goes on with what is known.
    const job = await read.catch(async (error) => {
      const recorded = error instanceof ToolError ? await jobs.recorded(id) : undefined;
      if (!recorded) throw error;
      return recorded;
    });
    return peekedResult(job, await peeked(job, tools, services), services);
  }

  async function peekBatch(id: string, { wait }: ToolCall): Promise<ToolResult> {
    const recorded = await withTimeout(clock, wait, (signal) => jobs.peekBatch(id, signal));
    const size = recorded[0]?.batch?.size ?? recorded.length;
    const members = Array.from({ length: size }, async (_, index) => {
      const job = recorded.find(({ batch }) => batch?.index === index);
      if (!job) return absent('not_submitted', tools);
      return isDeleted(job) ? absent('deleted', tools) : peeked(job, tools, services);
    });
    return peekedBatchResult(id, await Promise.all(members));
  }

  return defineTool({
    name: 'peek_image_job',
    title: 'Peek at an image job',
    description:
      'Return the current state of a job or a batch without waiting, by its request_id, or by the tool and arguments of the call that is running it. For the view; costs nothing.',
    input: z.strictObject({
      request_id: requestIdOrBatch('The job, or batch:<id>.').optional(),
      tool: z.string().optional().meta({ description: 'The tool that was called.' }),
      arguments: z
        .record(z.string(), z.unknown())
        .optional()
        .meta({ description: 'The arguments of that call.' }),
    }),
    // Of a job as PeekedJob and PeekedState say, of a batch as PeekedBatch does.
    output: z.looseObject({ status: z.string() }),
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    searchHint: 'state of an image job',
    view: 'asked',
    async run({ request_id, tool, arguments: given }, call) {
      const batch = request_id === undefined ? undefined : parseBatch(request_id);
      if (batch !== undefined) return peekBatch(batch, call);
      if (request_id !== undefined) return peekJob(request_id, call);
      const found = await jobUnderWay(tool, given, tools, services);
      if (found?.batch) return peekBatch(found.batch.id, call);
      if (found?.request_id !== undefined) return peekJob(found.request_id, call);
      if (found) return peekedResult(found, await peeked(found, tools, services), services);
      throw new ToolError('unknown_request', 'No active job of this call was found.', {
        next: 'Try again later, or give its request_id.',
      });
    },
  });
}
