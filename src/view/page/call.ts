import { type Card, createCard } from './card.ts';
import type { Host, ToolResult } from './host.ts';
import { isActive, type Shown, shapeOf } from './job.ts';
import { answered, textOf } from './result.ts';

/** A call of a tool: which, unless the host did not tell, and with what. */
export interface CallOf {
  tool?: string;
  input: Record<string, unknown>;
}

/** A call and the card of its job. */
export interface Call extends CallOf {
  readonly card: Card;
  /** The tool has answered. */
  ended(result: ToolResult): void;
  /** The call failed on its way, or was stopped: its job may go on. */
  lost(why: string): void;
}

export interface CallOptions extends CallOf {
  host: Host;
  titleOf(model: string): string;
  actions(call: Call): Node[];
  /** Something that the model was not told: a job that ended after its call, or a variation. */
  onNews(text: string): void;
}

// Between two looks at a job, in ms: each is a request to RunComfy.
const FIRST_GAP = 2_000;
const MAX_GAP = 10_000;
const GROWTH = 1.3;
// So many looks may fail in a row: a job is not found while it is being submitted.
const MAX_FAILURES = 4;
const SECOND = 1_000;

/** Follows a call that somebody else makes or that `host` was asked to make, and shows its job. */
export function createCall(options: CallOptions): Call {
  const { host, titleOf, onNews, tool, input } = options;
  const began = Date.now();
  const first: Shown = {
    status: 'submitting',
    pictures: [],
    shape: shapeOf(input),
    prompt: input.prompt as string | undefined,
    request_id: input.request_id as string | undefined,
  };
  let isOver = false;
  let failures = MAX_FAILURES;
  const call: Call = {
    tool,
    input,
    card: createCard(first, {
      titleOf,
      // A host that refuses says so itself.
      open: host.can.openLinks && ((url) => void host.request('ui/open-link', { url }).catch(() => {})),
      actions: () => options.actions(call),
    }),
    ended(result) {
      isOver = true;
      call.card.show(answered(result, call.card.job));
      void watch();
    },
    lost(why) {
      isOver = true;
      // Where its request id is known the job is looked at until it ends.
      if (isActive(call.card.job) && call.card.job.request_id === undefined)
        call.card.show({ ...call.card.job, status: 'failed', error: why });
    },
  };

  /** Looks at the job until it is over: hosts pass on no progress. */
  async function watch(): Promise<void> {
    // One is under way already, or there is nobody to ask.
    if (failures < MAX_FAILURES || !host.can.serverTools) return;
    failures = 0;
    for (let gap = FIRST_GAP; failures < MAX_FAILURES; gap = Math.min(gap * GROWTH, MAX_GAP)) {
      await new Promise((resolve) => setTimeout(resolve, gap));
      if (!isActive(call.card.job)) return;
      if (document.hidden) continue;
      const { request_id } = call.card.job;
      const query = request_id === undefined ? { tool, arguments: input } : { request_id };
      const result = await callTool(host, 'peek_image_job', query).catch(() => undefined);
      // The call may have been answered meanwhile.
      if (!isActive(call.card.job)) return;
      if (!result || (result.isError && !failedJob(result))) {
        failures += 1;
        continue;
      }
      failures = 0;
      call.card.show(answered(result, call.card.job));
      if (isOver && !isActive(call.card.job)) onNews(textOf(result));
    }
  }

  /** Counts the seconds while the job is under way. */
  function tick(): void {
    const { job } = call.card;
    if (!isActive(job)) return;
    const since = job.submitted_at === undefined ? began : Date.parse(job.submitted_at);
    call.card.show({ ...job, elapsed_seconds: Math.max(0, Math.floor((Date.now() - since) / SECOND)) });
    setTimeout(tick, SECOND);
  }

  setTimeout(tick, SECOND);
  if (tool || first.request_id) void watch();
  return call;
}

/** Calls one of our tools through the host. */
export const callTool = (host: Host, name: string, args: Record<string, unknown>): Promise<ToolResult> =>
  host.request<ToolResult>('tools/call', { name, arguments: args });

const failedJob = (result: ToolResult): boolean => textOf(result).endsWith('[job_failed]');
