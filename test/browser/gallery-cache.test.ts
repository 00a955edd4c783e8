import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { describeInBrowser } from '../support/browser.ts';
import { CHROMIUM, FLAGS } from '../support/chromium.ts';
import { galleryOf, record, tile } from '../support/gallery-page.ts';
import { freshDataDir } from '../support/program.ts';

/** A browser with a profile on the disk, where it caches; others cache in memory. */
async function openProfile(): Promise<{ profile: string; context: BrowserContext }> {
  const profile = freshDataDir();
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM as string,
    args: FLAGS,
  });
  onTestFinished(async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  });
  return { profile, context };
}

/** The files of a folder, and of those in it, that hold these bytes. */
const filesWith = (dir: string, bytes: Buffer): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => readFileSync(path).includes(bytes));

describeInBrowser('a browser that shows the gallery', () => {
  it('leaves no picture on its disk, small or as it was made', async () => {
    const { gallery } = await galleryOf([record(1)]);
    const { profile, context } = await openProfile();
    const page = await context.newPage();
    const bodies: Promise<Buffer>[] = [];
    page.on('response', (response) => {
      if (/\/(pictures|originals)\//.test(response.url())) bodies.push(response.body());
    });
    await page.goto(gallery.url);
    await tile(page, 'picture 1').locator('img.loaded').waitFor();
    await tile(page, 'picture 1').getByRole('button', { name: 'picture 1', exact: true }).click();
    await expect.poll(() => bodies.length).toBe(2);
    const pictures = await Promise.all(bodies);
    // Then it writes what it has in its cache.
    await context.close();
    for (const picture of pictures) expect(filesWith(profile, picture.subarray(-200))).toEqual([]);
  });
});
