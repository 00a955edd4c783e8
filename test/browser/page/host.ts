// A host's page for tests: shows the view in a sandboxed frame, with the real AppBridge between it and the server.

import type { CallToolResult } from '@modelcontextprotocol/client';
import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';

export interface ShowOptions {
  html: string;
  csp: string;
  tool: string;
  input: Record<string, unknown>;
  theme: 'light' | 'dark';
  /** What the host can do. */
  can: object;
  /** More of what it tells the view. */
  context?: object;
  /** Requests that it declines, or never answers, by their methods. */
  declines?: string[];
  ignores?: string[];
  /** The arguments come later. */
  isDraft?: boolean;
}

/** What the view asked of the host. */
export interface Asked {
  opened: string[];
  told: unknown[];
  messages: unknown[];
  downloads: unknown[];
  modes: string[];
}

declare global {
  interface Window {
    /** Given by the test: calls a tool of the server. */
    callTool(params: object): Promise<CallToolResult>;
    show(options: ShowOptions): Promise<void>;
    bridge: AppBridge;
    asked: Asked;
  }
}

const asked: Asked = { opened: [], told: [], messages: [], downloads: [], modes: [] };
window.asked = asked;

window.show = async ({ html, csp, tool, input, theme, can, context, declines, ignores, isDraft }) => {
  const frame =
    document.querySelector('iframe') ?? document.body.appendChild(document.createElement('iframe'));
  frame.sandbox.value = 'allow-scripts';
  const view = frame.contentWindow as Window;
  const bridge = new AppBridge(null, { name: 'test-host', version: '1.0.0' }, can, {
    hostContext: { theme, toolInfo: { tool: { name: tool, inputSchema: { type: 'object' } } }, ...context },
  });

  /** Does what the view asked for, unless this host declines it or never answers. */
  async function answer<Result>(method: string, work: () => Result | Promise<Result>): Promise<Result> {
    if (declines?.includes(method)) throw new Error('declined');
    if (ignores?.includes(method)) await new Promise(() => {});
    return work();
  }

  bridge.oncalltool = (params) => answer(params.name, () => window.callTool(params));
  bridge.onopenlink = ({ url }) => answer('open', () => ({ isError: !asked.opened.push(url) }));
  bridge.onupdatemodelcontext = (params) =>
    answer('tell', () => void asked.told.push(params)).then(() => ({}));
  bridge.onmessage = (params) => answer('message', () => ({ isError: !asked.messages.push(params) }));
  bridge.ondownloadfile = (params) => answer('download', () => ({ isError: !asked.downloads.push(params) }));
  bridge.onrequestdisplaymode = ({ mode }) =>
    answer('mode', () => {
      asked.modes.push(mode);
      bridge.sendHostContextChange({ displayMode: mode });
      return { mode };
    });
  bridge.onsizechange = ({ height }) => {
    frame.style.height = `${height}px`;
  };
  const ready = new Promise<void>((resolve) => {
    bridge.oninitialized = () => resolve();
  });
  await bridge.connect(new PostMessageTransport(view, view));
  const policy = `<meta http-equiv="content-security-policy" content="${csp}">`;
  frame.srcdoc = html.replace('<head>', `<head>${policy}`);
  await ready;
  if (!isDraft) await bridge.sendToolInput({ arguments: input });
  window.bridge = bridge;
};
