import './view.css';
import { type Call, type CallOf, callTool, createCall } from './call.ts';
import { make } from './dom.ts';
import { connectHost, type Host, type HostContext, type ToolResult } from './host.ts';
import { paidButton } from './paid.ts';
import { textOf } from './result.ts';

/** What the server tells the page: its models by model id, each with its title, its tool and whether that takes a seed. */
declare const data: Record<string, [title: string, tool: string, isSeeded: boolean]>;

const MAX_SEED = 2 ** 31;
const root = document.documentElement;
const thread = make('main');
document.body.append(thread);
/** What the model was not told yet, oldest first. */
const news: string[] = [];
let call: Call | undefined;

/** Takes the host's theme and, where it gives them, its colours and fonts. */
function dress({ theme, styles }: HostContext): void {
  if (theme) root.dataset.theme = theme;
  for (const [name, value] of Object.entries(styles?.variables ?? {})) {
    if (name.startsWith('--') && value) root.style.setProperty(name, value);
  }
}

function start(host: Host, of: CallOf): Call {
  const started = createCall({
    ...of,
    host,
    titleOf: (model) => data[model]?.[0] ?? model,
    actions: (ended) => variationOf(host, ended),
    onNews: (text) => tell(host, text),
  });
  thread.append(started.card.element);
  return started;
}

/** Lets the model know at its next turn; each such update replaces the one before. */
function tell(host: Host, text: string): void {
  if (!host.can.updateModelContext) return;
  news.push(text);
  host
    .request('ui/update-model-context', { content: [{ type: 'text', text: news.join('\n\n') }] })
    .catch(() => {});
}

/** The button that makes another picture by the same call, where this page knows the call. */
function variationOf(host: Host, { tool, input, card }: Call): Node[] {
  const { model = '', status, request_id } = card.job;
  const known = data[model] ?? Object.values(data).find((candidate) => candidate[1] === tool);
  if (!known || !host.can.serverTools || input.prompt === undefined) return [];
  const [, name, isSeeded] = known;
  const again = status !== 'succeeded';
  const run = async () => {
    const varied = isSeeded ? { ...input, seed: Math.floor(Math.random() * MAX_SEED) } : input;
    // A job whose answer reached nobody would be given again instead of a new picture.
    if (!again && request_id) await callTool(host, 'get_image_job', { request_id }).catch(() => {});
    const made = start(host, { tool: name, input: varied });
    try {
      const result = await callTool(host, name, varied);
      made.ended(result);
      tell(host, textOf(result));
    } catch (error) {
      made.lost(`The host did not finish the call: ${(error as Error).message}`);
    }
  };
  return [paidButton(again ? 'Try again' : 'Make a variation', run)];
}

async function main(): Promise<void> {
  let host: Host | undefined;
  const begin = (input: Record<string, unknown>) => {
    const tool = host?.context.toolInfo?.tool?.name;
    call?.card.element.remove();
    if (host) call = start(host, { tool, input });
  };
  host = await connectHost((method, params) => {
    if (host) dress(host.context);
    if (method === 'ui/notifications/tool-input') begin((params.arguments ?? {}) as CallOf['input']);
    if (method === 'ui/notifications/tool-result') {
      if (!call) begin({});
      call?.ended(params as ToolResult);
    }
    if (method === 'ui/notifications/tool-cancelled')
      call?.lost('The call was stopped. A job that runs already goes on and is charged.');
  });
  dress(host.context);
  const { notify } = host;
  const tellSize = () =>
    notify('ui/notifications/size-changed', {
      height: Math.ceil(document.body.getBoundingClientRect().height),
    });
  notify('ui/notifications/initialized', {});
  new ResizeObserver(tellSize).observe(document.body);
}

void main();
