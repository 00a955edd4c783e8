import { isActive } from '../shared/job.ts';
import type { Act } from './actions/cancel.ts';
import { createCard } from './card/card.ts';
import type { Host, ToolResult } from './host.ts';
import { jobOf, type ShownJob, type ToolCall, type Trouble } from './job.ts';
import { failedJob, jobAfter, textOf } from './result.ts';

export interface FollowOptions extends ToolCall {
  host: Host;
  /** Starts a call that is paid for. */
  onMake(call: ToolCall, from: ShownJob): void;
  /** Tells the model what it does not know yet, such as the end of a job after its call; false if the host does not. */
  tell: Act['tell'];
  /** The host is still getting the arguments. */
  isDraft?: boolean;
}

// Between two polls, in ms: each is a request to RunComfy.
const FIRST_INTERVAL = 2_000;
const MAX_INTERVAL = 10_000;
const GROWTH = 1.3;
// In a row: a job is not found while it is being submitted.
const MAX_FAILURES = 4;

export type FollowedCall = ReturnType<typeof followCall>;

/** Follows a call, of the model or of this page, and shows its job. */
export function followCall({ host, tool, input, onMake, tell, isDraft }: FollowOptions) {
  let isAnswered = false;
  let isStopped = false;
  let failures = MAX_FAILURES;
  const card = createCard(jobOf({ tool, input }), {
    host,
    onMake: (call) => onMake(call, card.job),
    tell,
    async onCancelled(result) {
      void tell(textOf(result));
      await peek(isActive);
    },
  });

  /** Shows what a peek finds, if that is wanted of the job then. False if it finds nothing. */
  async function peek(isWanted: (job: ShownJob) => boolean): Promise<ToolResult | false> {
    const { request_id } = card.job;
    const query = request_id === undefined ? { tool, arguments: input } : { request_id };
    const result = await host.callTool('peek_image_job', query);
    if (!result || result.isError || isStopped) return false;
    if (isWanted(card.job)) card.show(jobAfter(result, card.job));
    return result;
  }

  /** Polls the job until it ends: hosts pass on no progress. */
  async function poll(): Promise<void> {
    // It is being polled already, or there is nobody to ask.
    if (failures < MAX_FAILURES || !host.can.serverTools) return;
    failures = 0;
    for (let ms = FIRST_INTERVAL; failures < MAX_FAILURES; ms = Math.min(ms * GROWTH, MAX_INTERVAL)) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (isStopped || !isActive(card.job)) return;
      if (document.hidden) continue;
      const wasAnswered = isAnswered;
      const result = await peek(isActive);
      failures = result ? 0 : failures + 1;
      if (result && wasAnswered && !isActive(card.job)) void tell(textOf(result));
    }
  }

  if (!isDraft && (tool || card.job.request_id)) void poll();
  return {
    card,
    /** The tool has answered. */
    onResult(result: ToolResult): void {
      isAnswered = true;
      card.show(jobAfter(result, card.job));
      void poll();
      // What an answer does not tell: how to make the picture again, for how much.
      if (host.can.serverTools && !isActive(card.job) && card.job.request_id) void peek(() => true);
    },
    /** The call failed on its way, or was stopped: its job may go on. */
    onLost(trouble: Trouble): void {
      isAnswered = true;
      // A job with a known request id is polled to its end.
      if (isActive(card.job) && card.job.request_id === undefined)
        card.show(failedJob(card.job, { trouble }));
    },
    /** Nobody looks any more. */
    stop(): void {
      isStopped = true;
    },
  };
}
