import './app.css';
import { h } from '../shared/dom.ts';
import { type FollowedCall, followCall } from './call.ts';
import { connectHost, type HostContext, type ToolResult } from './host.ts';
import type { ShownJob, ToolCall } from './job.ts';
import { textOf } from './result.ts';
import { LOST } from './words.ts';

// In ms: servers may be set to wait for minutes.
const MAX_CALL = 900_000;

/** Applies the host's theme, colours and fonts, and how much room it gives. */
function applyContext({ theme = '', styles, containerDimensions: room }: HostContext): void {
  const { style } = document.documentElement;
  style.colorScheme = theme;
  for (const [name, value] of Object.entries(styles?.variables ?? {}))
    if (name.startsWith('--') && value) style.setProperty(name, value);
  const height = room?.maxHeight ?? room?.height;
  if (height) style.setProperty('--room', `${height}px`);
}

async function main(): Promise<void> {
  const thread = h('main');
  document.body.append(thread);
  /** What the model does not know yet, oldest first. */
  const news: string[] = [];
  let calls: FollowedCall[] = [];
  const host = await connectHost();
  const { can, context, callTool, notify } = host;

  function follow(call: ToolCall & { isDraft?: boolean }): FollowedCall {
    const followed = followCall({ ...call, host, onMake: (next, from) => void make(next, from), tell });
    calls.push(followed);
    thread.append(followed.card.element);
    return followed;
  }

  /** The model reads this at its next turn; each update replaces the one before. */
  async function tell(text: string): Promise<boolean> {
    if (!can.updateModelContext) return false;
    news.push(text);
    return host.does('ui/update-model-context', { content: [{ type: 'text', text: news.join('\n\n') }] });
  }

  /** Makes a call that is paid for, with a card of its own. */
  async function make(call: ToolCall, { status, isBatch, request_id }: ShownJob): Promise<void> {
    // A repeated call gets the earlier job if its answer reached nobody.
    if (status === 'succeeded' && !isBatch && request_id)
      await callTool('get_image_job', { request_id, preview: false });
    const followed = follow(call);
    followed.card.element.scrollIntoView({ block: 'nearest' });
    const result = await callTool(call.tool ?? '', call.input, MAX_CALL);
    if (!result) return followed.onLost(LOST);
    followed.onResult(result);
    void tell(textOf(result));
  }

  /** Shows the call of the host's model; a frame may be used for several. */
  function begin(input: ToolCall['input'] = {}, isDraft = false): void {
    for (const { stop } of calls) stop();
    calls = [];
    thread.replaceChildren();
    follow({ tool: context.toolInfo?.tool?.name, input, isDraft });
  }

  host.onNotification = (method, params) => {
    applyContext(context);
    const what = method.split('/').at(-1);
    // What is written so far is shown, and nothing asked for yet.
    const isDraft = what === 'tool-input-partial';
    if (isDraft || what === 'tool-input') begin(params.arguments as ToolCall['input'] | undefined, isDraft);
    if (what === 'tool-result') {
      if (calls.length === 0) begin();
      calls[0]?.onResult(params as ToolResult);
    }
    if (what === 'tool-cancelled') calls[0]?.onLost(LOST);
  };
  applyContext(context);
  notify('ui/notifications/initialized', {});
  new ResizeObserver(() => {
    const { height } = document.body.getBoundingClientRect();
    notify('ui/notifications/size-changed', { height: Math.ceil(height) });
  }).observe(document.body);
}

void main();
