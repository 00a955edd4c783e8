import { createCard } from './components/card.ts';
import type { Host, ToolResult } from './host.ts';
import { aspectOf, isActive } from './job.ts';
import { jobAfter, textOf } from './result.ts';

/** A call of a tool: which one, unless the host does not say, and its arguments. */
export interface ToolCall {
  tool?: string;
  input: Record<string, unknown>;
}

export interface FollowOptions extends ToolCall {
  host: Host;
  /** The buttons for a job that has ended. */
  actions(): Node[];
  /** The model does not know this yet: a job that ended after its call. */
  onNews(text: string): void;
}

// Between two polls, in ms: each is a request to RunComfy.
const FIRST_INTERVAL = 2_000;
const MAX_INTERVAL = 10_000;
const GROWTH = 1.3;
// In a row: a job is not found while it is being submitted.
const MAX_FAILURES = 4;
const SECOND = 1_000;

export type FollowedCall = ReturnType<typeof followCall>;

/** Follows a call, of the model or of this page, and shows its job. */
export function followCall({ host, tool, input, actions, onNews }: FollowOptions) {
  const began = Date.now();
  let isAnswered = false;
  let failures = MAX_FAILURES;
  const { prompt, request_id } = input as Record<string, string | undefined>;
  const first = { status: 'submitting', pictures: [], aspect: aspectOf(input), prompt, request_id };
  // A host that refuses says so itself.
  const open = (url: string) => void host.request('ui/open-link', { url }).catch(() => {});
  const card = createCard(first, host.can.openLinks && open, actions);

  /** Polls the job until it ends: hosts pass on no progress. */
  async function poll(): Promise<void> {
    // It is being polled already, or there is nobody to ask.
    if (failures < MAX_FAILURES || !host.can.serverTools) return;
    failures = 0;
    for (let ms = FIRST_INTERVAL; failures < MAX_FAILURES; ms = Math.min(ms * GROWTH, MAX_INTERVAL)) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (!isActive(card.job)) return;
      if (document.hidden) continue;
      const { request_id } = card.job;
      const query = request_id === undefined ? { tool, arguments: input } : { request_id };
      const result = await callTool(host, 'peek_image_job', query).catch(() => undefined);
      // The call may have been answered in the meantime.
      if (!isActive(card.job)) return;
      if (!result || (result.isError && !textOf(result).endsWith('[job_failed]'))) {
        failures += 1;
        continue;
      }
      failures = 0;
      card.show(jobAfter(result, card.job));
      if (isAnswered && !isActive(card.job)) onNews(textOf(result));
    }
  }

  /** Counts the seconds of an active job. */
  function tick(): void {
    const { job } = card;
    if (!isActive(job)) return;
    const since = job.submitted_at === undefined ? began : Date.parse(job.submitted_at);
    card.show({ ...job, elapsed_seconds: Math.max(0, Math.floor((Date.now() - since) / SECOND)) });
    setTimeout(tick, SECOND);
  }

  setTimeout(tick, SECOND);
  if (tool || request_id) void poll();
  return {
    tool,
    input,
    card,
    /** The tool has answered. */
    onResult(result: ToolResult): void {
      isAnswered = true;
      card.show(jobAfter(result, card.job));
      void poll();
    },
    /** The call failed on its way, or was stopped: its job may go on. */
    onLost(why: string): void {
      isAnswered = true;
      // A job with a known request id is polled to its end.
      if (isActive(card.job) && card.job.request_id === undefined)
        card.show({ ...card.job, status: 'failed', error: why });
    },
  };
}

/** Calls a tool of this server through the host. */
export const callTool = (host: Host, name: string, args: Record<string, unknown>): Promise<ToolResult> =>
  host.request<ToolResult>('tools/call', { name, arguments: args });
