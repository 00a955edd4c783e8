import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { openGallery } from './gallery.ts';
import { type Connected, connect } from './program.ts';

/** The gallery with a picture open. */
export interface OpenViewer extends Connected {
  page: Page;
  viewer: Locator;
  counter: Locator;
  /** The picture as it was made, once it is shown. */
  original: Locator;
  /** A request to the server, as `jobs/*`. */
  path(pattern: string): string;
  button(name: string | RegExp): Locator;
}

export interface Call {
  name?: string;
  [argument: string]: unknown;
}

const TOOL = 'gpt_4o_image_text_to_image';

/** Opens the newest picture of calls in the gallery; each is a prompt, or the arguments of a tool by its name. */
export async function openViewer(
  browser: Browser,
  calls: readonly (string | Call)[],
  options: BrowserContextOptions & { before?: (connected: Connected) => void } = {},
): Promise<OpenViewer> {
  const { before = () => {}, ...context } = options;
  const connected = await connect({ keepImagesBytes: 1e9, preview: 'small' });
  before(connected);
  for (const call of calls) {
    const { name = TOOL, ...args } = typeof call === 'string' ? { prompt: call } : call;
    await connected.client.callTool({ name, arguments: args });
  }
  const { url } = await openGallery(connected.config);
  const page = await browser.newPage({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    ...context,
  });
  onTestFinished(() => page.close());
  page.on('dialog', () => expect.unreachable('a script ran'));
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(url);
  await page.locator('.tile .picture').first().click();
  const viewer = page.locator('dialog.viewer');
  return {
    ...connected,
    page,
    viewer,
    counter: viewer.locator('.counter'),
    original: viewer.locator('.whole img'),
    path: (pattern) => `${url}${pattern}`,
    button: (name) => viewer.getByRole('button', { name, ...(typeof name === 'string' && { exact: true }) }),
  };
}

/** What is on the clipboard of a page. */
export const clipboardOf = (page: Page): Promise<string> =>
  page.evaluate('navigator.clipboard.readText()') as Promise<string>;
