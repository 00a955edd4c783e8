import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { build } from 'esbuild';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import type { Asked, ShowOptions } from '../browser/page/host.ts';

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
  /** What the view asked of the host besides. */
  asked(): Promise<Asked>;
  /** Has the host's page send something to the view: `sendToolCancelled({})`. */
  send(call: string): Promise<void>;
}

export interface ViewOptions extends Partial<Omit<ShowOptions, 'html' | 'csp'>> {
  width?: number;
  height?: number;
  /** Answers calls in the server's stead; undefined leaves them to it. */
  onCall?: (name: string) => object | undefined;
  /** Time stands still until the test moves it on. */
  hasClock?: boolean;
}

/** What a host can do that can do all. */
export const ALL = {
  openLinks: {},
  serverTools: {},
  updateModelContext: { text: {} },
  message: { text: {} },
  downloadFile: {},
};
const USUAL = { openLinks: {}, serverTools: {}, updateModelContext: { text: {} } };

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
  const { width = 720, height = 900, onCall, hasClock, ...given } = options;
  const shown = {
    tool: 'gpt_image_2_text_to_image',
    input: { prompt: 'a fox' },
    theme: 'light' as const,
    can: USUAL,
    ...given,
  };
  const { contents } = await client.readResource({ uri: VIEW });
  const [content] = contents as unknown as {
    text: string;
    _meta: { ui: { csp: { resourceDomains: string[] } } };
  }[];
  const domains = content?._meta.ui.csp.resourceDomains.join(' ');
  const csp = `default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: ${domains}; media-src ${domains}`;
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: shown.theme,
    reducedMotion: 'reduce',
  });
  onTestFinished(() => page.close());
  if (hasClock) await page.clock.install();
  const calls: ShownView['calls'] = [];
  await page.exposeFunction('callTool', (call: ShownView['calls'][number]) => {
    calls.push(call);
    return onCall?.(call.name) ?? client.callTool(call);
  });
  await page.setContent(HOST_PAGE);
  await page.addScriptTag({ content: await bundleHost() });
  const all = { html: content?.text, csp, ...shown };
  await page.evaluate(`window.show(${JSON.stringify(all)})`);
  return {
    page,
    view: page.frameLocator('iframe'),
    calls,
    finish: (result) => page.evaluate(`window.bridge.sendToolResult(${JSON.stringify(result)})`),
    asked: () => page.evaluate('window.asked'),
    send: (call) => page.evaluate(`window.bridge.${call}`),
  };
}

/** An answer with such pictures, as a hostile service could bring about. */
export const answer = (images: object[], more: object = {}) => ({
  content: [{ type: 'text', text: 'An answer' }],
  structuredContent: { request_id: 'r', model: 'm', status: 'succeeded', images, ...more },
});

/** The mean colour of what is seen of an element, and how much its pixels differ. */
export async function colours(locator: Locator): Promise<{ mean: number[]; spread: number }> {
  const { channels } = await sharp(await locator.screenshot())
    .removeAlpha()
    .stats();
  return { mean: channels.map(({ mean }) => mean), spread: Math.max(...channels.map(({ stdev }) => stdev)) };
}
