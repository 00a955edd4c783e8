import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { build } from 'esbuild';
import type { Browser, FrameLocator, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** What a host declares that shows pages of MCP Apps. */
export const SHOWS_VIEWS = {
  extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } },
};
export const VIEW = 'ui://runcomfy-image-mcp/view.html';

/** The view in a host's page. */
export interface ShownView {
  page: Page;
  view: FrameLocator;
  /** Every call that the view made through the host. */
  calls: { name: string; arguments: Record<string, unknown> }[];
  finish(result: unknown): Promise<void>;
  /** What the view asked the host to open, and told for the model. */
  asked(): Promise<{ opened: string[]; told: unknown[] }>;
}

export interface ViewOptions {
  tool?: string;
  input?: Record<string, unknown>;
  theme?: 'light' | 'dark';
  width?: number;
  /** A tool that the host does not call for the view. */
  decline?: string;
}

const HOST_PAGE = `<!doctype html><style>
  html { color-scheme: light dark } body { margin: 16px; font: 15px system-ui }
  iframe { display: block; width: 100%; border: 1px solid #8884; border-radius: 14px }
</style><body>`;

let hostScript: Promise<string> | undefined;
function bundleHost(): Promise<string> {
  hostScript ??= build({
    entryPoints: [join(import.meta.dirname, '../browser/page/host.ts')],
    bundle: true,
    write: false,
    format: 'iife',
  }).then(({ outputFiles: [file] }) => file?.text ?? '');
  return hostScript;
}

/** Reads the view from the server and shows it as a host does: sandboxed, under the policy that it asks for. */
export async function showView(
  browser: Browser,
  client: Client,
  options: ViewOptions = {},
): Promise<ShownView> {
  const { tool = 'gpt_image_2_text_to_image', input = { prompt: 'a fox' }, theme = 'light' } = options;
  const { contents } = await client.readResource({ uri: VIEW });
  const [content] = contents as unknown as {
    text: string;
    _meta: { ui: { csp: { resourceDomains: string[] } } };
  }[];
  const domains = content?._meta.ui.csp.resourceDomains.join(' ');
  const csp = `default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: ${domains}`;
  const page = await browser.newPage({
    viewport: { width: options.width ?? 720, height: 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  onTestFinished(() => page.close());
  const calls: ShownView['calls'] = [];
  await page.exposeFunction('callTool', (call: ShownView['calls'][number]) => {
    calls.push(call);
    if (call.name === options.decline) throw new Error('declined');
    return client.callTool(call);
  });
  await page.setContent(HOST_PAGE);
  await page.addScriptTag({ content: await bundleHost() });
  const shown = { html: content?.text, csp, tool, input, theme };
  await page.evaluate(`window.show(${JSON.stringify(shown)})`);
  return {
    page,
    view: page.frameLocator('iframe'),
    calls,
    finish: (result) => page.evaluate(`window.bridge.sendToolResult(${JSON.stringify(result)})`),
    asked: () => page.evaluate('({ opened: window.opened, told: window.told })'),
  };
}
