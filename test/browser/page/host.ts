// A host's page for tests: shows the view in a sandboxed frame, with the real AppBridge between it and the server.

import type { CallToolResult } from '@modelcontextprotocol/client';
import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';

export interface ShowOptions {
  html: string;
  csp: string;
  tool: string;
  input: Record<string, unknown>;
  theme: 'light' | 'dark';
}

declare global {
  interface Window {
    /** Given by the test: calls a tool of the server. */
    callTool(params: object): Promise<CallToolResult>;
    show(options: ShowOptions): Promise<void>;
    bridge: AppBridge;
    /** What the view asked of the host. */
    opened: string[];
    told: unknown[];
  }
}

window.opened = [];
window.told = [];

window.show = async ({ html, csp, tool, input, theme }) => {
  const frame =
    document.querySelector('iframe') ?? document.body.appendChild(document.createElement('iframe'));
  frame.sandbox.value = 'allow-scripts';
  const view = frame.contentWindow as Window;
  const bridge = new AppBridge(
    null,
    { name: 'test-host', version: '1.0.0' },
    { openLinks: {}, serverTools: {}, updateModelContext: { text: {} } },
    { hostContext: { theme, toolInfo: { tool: { name: tool, inputSchema: { type: 'object' } } } } },
  );
  bridge.oncalltool = (params) => window.callTool(params);
  bridge.onopenlink = async ({ url }) => {
    window.opened.push(url);
    return {};
  };
  bridge.onupdatemodelcontext = async (params) => {
    window.told.push(params);
    return {};
  };
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
  await bridge.sendToolInput({ arguments: input });
  window.bridge = bridge;
};
