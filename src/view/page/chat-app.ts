import './common.css';
import { callTool, type FollowedCall, followCall, type ToolCall } from './call.ts';
import { h } from './components/dom.ts';
import { toolOf } from './components/models.ts';
import { connectHost, type Host, type HostContext, type ToolResult } from './host.ts';
import { textOf } from './result.ts';

const MAX_SEED = 2 ** 31;
const thread = h('main');
document.body.append(thread);
/** What the model does not know yet, oldest first. */
const news: string[] = [];
let call: FollowedCall | undefined;

/** Applies the host's theme, colours and fonts, where it sends them. */
function applyTheme({ theme = '', styles }: HostContext): void {
  const { style } = document.documentElement;
  style.colorScheme = theme;
  for (const [name, value] of Object.entries(styles?.variables ?? {}))
    if (name.startsWith('--') && value) style.setProperty(name, value);
}

function follow(host: Host, toolCall: ToolCall): FollowedCall {
  const followed: FollowedCall = followCall({
    ...toolCall,
    host,
    actions: () => variation(host, followed),
    onNews: (text) => tellModel(host, text),
  });
  thread.append(followed.card.element);
  return followed;
}

/** The model reads this at its next turn; each update replaces the one before. */
function tellModel(host: Host, text: string): void {
  if (!host.can.updateModelContext) return;
  news.push(text);
  const content = [{ type: 'text', text: news.join('\n\n') }];
  host.request('ui/update-model-context', { content }).catch(() => {});
}

/** The button that repeats a call for another picture, if this page knows the call. */
function variation(host: Host, { tool, input, card }: FollowedCall): Node[] {
  const { model, status, request_id } = card.job;
  const known = toolOf(model, tool);
  if (!known || !host.can.serverTools || input.prompt === undefined) return [];
  const [, name, isSeeded] = known;
  const isDone = status === 'succeeded';
  const run = async () => {
    const varied = isSeeded ? { ...input, seed: Math.floor(Math.random() * MAX_SEED) } : input;
    // A repeated call gets the earlier job if its answer reached nobody.
    if (isDone && request_id)
      await callTool(host, 'get_image_job', { request_id, preview: false }).catch(() => {});
    const followed = follow(host, { tool: name, input: varied });
    try {
      const result = await callTool(host, name, varied);
      followed.onResult(result);
      tellModel(host, textOf(result));
    } catch (error) {
      followed.onLost(`The host did not finish the call: ${(error as Error).message}`);
    }
  };
  return [confirmPaid(isDone ? 'Make a variation' : 'Try again', run)];
}

/** A button that asks for confirmation before it does something paid. */
function confirmPaid(label: string, run: () => void): HTMLElement {
  const onclick = () => {
    row.replaceChildren('This is a new job, which is paid for.', yes, no);
    yes.focus();
  };
  const ask = h('button', { onclick }, label);
  const close = (then: () => void) => () => {
    row.replaceChildren(ask);
    then();
  };
  const yes = h('button.main', { onclick: close(run) }, 'Submit it');
  const no = h('button', { onclick: close(() => ask.focus()) }, 'Not now');
  const onkeydown = ({ key }: KeyboardEvent) => {
    if (key === 'Escape') no.click();
  };
  const row = h('div.row', { onkeydown }, ask);
  return row;
}

async function main(): Promise<void> {
  let host: Host | undefined;
  const begin = (input: ToolCall['input']) => {
    call?.card.element.remove();
    if (host) call = follow(host, { tool: host.context.toolInfo?.tool?.name, input });
  };
  host = await connectHost((method, params) => {
    if (host) applyTheme(host.context);
    if (method === 'ui/notifications/tool-input') begin((params.arguments ?? {}) as ToolCall['input']);
    if (method === 'ui/notifications/tool-result') {
      if (!call) begin({});
      call?.onResult(params as ToolResult);
    }
    if (method === 'ui/notifications/tool-cancelled')
      call?.onLost('The call was stopped. A job that runs already goes on and is charged.');
  });
  applyTheme(host.context);
  const { notify } = host;
  const tellSize = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    notify('ui/notifications/size-changed', { height });
  };
  notify('ui/notifications/initialized', {});
  new ResizeObserver(tellSize).observe(document.body);
}

void main();
