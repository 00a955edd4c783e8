import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { expectAccessible } from '../support/axe.ts';
import { describeInBrowser } from '../support/browser.ts';
import { galleryOf, openPage, PHONE, record, scrolled, scrollTo, tile } from '../support/gallery-page.ts';

const DAY = 86_400;
const HOSTILE = '<img src=x onerror=alert(1)><b>bold</b>';

/** Where what is in the list is on the screen, in px. */
const boxesOf = (page: Page) =>
  page.locator('.list li').evaluateAll((items) =>
    items.map((item) => {
      const { x, y, width, height } = (
        item as never as { getBoundingClientRect(): DOMRect }
      ).getBoundingClientRect();
      return { x, y, width, height };
    }),
  );
interface DOMRect {
  x: number;
  y: number;
  width: number;
  height: number;
}
const topOf = async (page: Page, prompt: string) => (await tile(page, prompt).boundingBox())?.y;
/** The prompt of the first picture that is seen whole, below the header and the heading of a day. */
const firstWhole = (page: Page): Promise<string> =>
  page.locator('.tile .picture').evaluateAll((all) => {
    type Seen = { getBoundingClientRect(): DOMRect; ariaLabel: string };
    return (all as never as Seen[]).find((one) => one.getBoundingClientRect().y > 120)?.ariaLabel ?? '';
  });
/** How many pictures of the page have not come yet; 0 once rows have the proportions that they turned out to have. */
const unsettled = (page: Page) =>
  expect.poll(async () => {
    const left = () => page.locator('.tile:not(:has(img.loaded))').count();
    const before = await left();
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    return before + (await left());
  });
const sideways = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

describeInBrowser('the list of the gallery', (browser) => {
  it('has days as sections, with rows in the true proportions of what was loaded', async () => {
    const jobs = [record(1, { cost_usd: 0.5 }), record(2), record(DAY * 400, { cost_usd: 0.25 })];
    const { gallery } = await galleryOf([
      ...jobs,
      record(3, { input: { prompt: 'x', aspect_ratio: '1:1' } }),
    ]);
    const page = await openPage(browser(), gallery.url);
    await expect.poll(() => page.locator('.tile img.loaded').count()).toBe(4);
    const [today, long] = await page.getByRole('heading', { level: 2 }).allTextContents();
    expect(today).toBe('Today');
    expect(long).toMatch(/20\d\d/);
    expect(await page.locator('.sums').allTextContents()).toEqual([
      '3 pictures · $0.50',
      '1 picture · $0.25',
    ]);
    // The one that was asked for as a square is none.
    await expect
      .poll(async () => (await boxesOf(page)).map(({ width, height }) => (width / height).toFixed(1)))
      .toEqual(['1.3', '1.3', '1.3', '1.3']);
    const list = page.getByRole('list', { name: 'Today' });
    const items = await list
      .getByRole('listitem')
      .evaluateAll((all) =>
        (all as never as { ariaPosInSet: string; ariaSetSize: string }[]).map(
          ({ ariaPosInSet, ariaSetSize }) => `${ariaPosInSet}/${ariaSetSize}`,
        ),
      );
    expect(items).toEqual(['1/3', '2/3', '3/3']);
  });

  it('holds 5,000 jobs with few elements, to the end and back, and loads no picture twice', async () => {
    const { gallery } = await galleryOf(Array.from({ length: 5_000 }, (_, index) => record(index * 600)));
    const page = await openPage(browser(), gallery.url);
    const loaded: string[] = [];
    // What is scrolled past before it is there is given up, and asked for again when it is needed.
    page.on('requestfinished', (request) => loaded.push(new URL(request.url()).pathname));
    await page.locator('.tile img.loaded').first().waitFor();
    const count = () => page.locator('.tile').count();
    expect(await count()).toBeLessThan(150);
    const first = await page.locator('.tile').first().elementHandle();
    await scrollTo(page, 300);
    await scrollTo(page, 0);
    expect(
      await first?.evaluate((element) => (element as never as { isConnected: boolean }).isConnected),
    ).toBe(true);
    await scrollTo(page, 9_999_999);
    await tile(page, `picture ${4_999 * 600}`)
      .locator('img.loaded')
      .waitFor();
    expect(await count()).toBeLessThan(150);
    for (const part of [0.7, 0.5, 0.2]) {
      await scrollTo(page, (await scrolled(page)) * part);
      // Nothing is empty: the middle of the screen is a picture or the heading of a day.
      const there = "document.elementsFromPoint(200, 400).some((e) => e.closest('.list section'))";
      await expect.poll(() => page.evaluate(there)).toBe(true);
      expect(await count()).toBeLessThan(150);
    }
    await scrollTo(page, 0);
    await tile(page, 'picture 0').locator('img.loaded').waitFor();
    const pictures = loaded.filter((path) => path.includes('/pictures/'));
    expect(new Set(pictures).size).toBe(pictures.length);
  });

  it('keeps the same picture in place while those around it come one after the other', async () => {
    const { gallery } = await galleryOf(Array.from({ length: 60 }, (_, index) => record(index + 100)));
    const page = await openPage(browser(), 'about:blank');
    const asked: (() => Promise<void>)[] = [];
    await page.route('**/pictures/**', (route) => void asked.push(() => route.continue()));
    await page.goto(gallery.url, { waitUntil: 'commit' });
    await tile(page, 'picture 100').waitFor();
    await scrollTo(page, 1_500);
    const seen = await firstWhole(page);
    const before = await topOf(page, seen);
    const left = () => page.locator('.tile:not(:has(img.loaded))').count();
    while ((await left()) > 0) {
      await asked.shift()?.();
      expect(await topOf(page, seen)).toBeCloseTo(before as number, 0);
    }
    expect(await topOf(page, seen)).toBeCloseTo(before as number, 0);
  });

  it('keeps in place what one looks at, when it is resized and when jobs are new', async () => {
    const { gallery, put } = await galleryOf(Array.from({ length: 60 }, (_, index) => record(index + 100)));
    const page = await openPage(browser(), gallery.url);
    await tile(page, 'picture 100').waitFor();
    await scrollTo(page, 1_500);
    await unsettled(page).toBe(0);
    // Until then, another picture than the first one now may have kept its place.
    await scrollTo(page, 1_510);
    await unsettled(page).toBe(0);
    const seen = await firstWhole(page);
    const before = await topOf(page, seen);
    put(record(0));
    await expect.poll(() => page.locator('.summary').textContent()).toBe('61 pictures');
    expect(await topOf(page, seen)).toBeCloseTo(before as number, 0);
    await page.setViewportSize({ width: 760, height: 700 });
    await expect.poll(async () => (await page.locator('.list').boundingBox())?.width).toBeLessThan(760);
    await expect.poll(() => topOf(page, seen)).toBeCloseTo(before as number, 0);
    await scrollTo(page, 0);
    put(record(-1));
    await tile(page, 'picture -1').waitFor();
    expect(await scrolled(page)).toBe(0);
  });

  it('shows a job without a picture as a strip, with its state, wait and reason as text', async () => {
    const { gallery } = await galleryOf([
      record(14, { state: 'in_queue', queue_position: 3 }),
      record(95, { state: 'in_progress', input: { prompt: HOSTILE } }),
      record(200, { state: 'failed', error: `Refused: ${HOSTILE}\nsecond line` }),
      record(300, { state: 'cancelled' }),
      record(400, { state: 'unknown' }),
      record(500, { urls: [] }),
    ]);
    const page = await openPage(browser(), gallery.url);
    const strips = page.locator('.strip');
    await expect.poll(() => strips.count()).toBe(6);
    const words = await strips.allTextContents();
    expect(words[0]).toMatch(/^In the queue, position 3\d\d spicture 14$/);
    expect(words[1]).toBe(`In progress${/\d min \d+ s/.exec(words[1] ?? '')?.[0]}${HOSTILE}`);
    expect(words[2]).toBe(`FailedRefused: ${HOSTILE} second linepicture 200`);
    expect(words[3]).toBe('Cancelledpicture 300');
    expect(words[4]).toBe('UnknownIt may exist and be charged: see your RunComfy account.picture 400');
    expect(words[5]).toBe('Done, without a picturepicture 500');
    await expect.poll(() => strips.first().textContent()).not.toBe(words[0]);
    expect(await page.locator('.list b, .list img').count()).toBe(0);
    for (const height of (await boxesOf(page)).map((box) => box.height)) expect(height).toBe(44);
  });

  it('says of a picture that is gone why, and keeps its place', async () => {
    const { gallery, kill } = await galleryOf([
      record(1),
      record(2, { urls: ['https://evil.example/a.png'] }),
    ]);
    kill();
    const page = await openPage(browser(), gallery.url);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.locator('.tile.gone', { hasText: 'Not shown: it is not on a RunComfy host' }).waitFor();
    const gone = page.locator('.tile.gone').first();
    await gone.getByText('Not kept, and its link has expired').waitFor();
    expect((await gone.boundingBox())?.height).toBeGreaterThan(150);
    expect(asked.some((url) => url.includes('evil'))).toBe(false);
    await expectAccessible(page);
  });

  it('tries again what the network kept away, once it is back', async () => {
    const { gallery } = await galleryOf([record(1)]);
    const page = await browser().newPage();
    await page.route('**/pictures/**', (route) => route.abort());
    await page.goto(gallery.url);
    await page.getByText('Cannot be loaded right now').waitFor();
    await page.unroute('**/pictures/**');
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.locator('.tile img.loaded').waitFor();
    await page.close();
  });

  it('offers on hover to like, copy and download', async () => {
    const { gallery } = await galleryOf([record(1), record(2)]);
    const page = await openPage(browser(), gallery.url);
    const first = tile(page, 'picture 1');
    const over = () => first.locator('.over').evaluate((over) => getComputedStyle(over as never).opacity);
    expect(await over()).toBe('0');
    await first.hover();
    await expect.poll(over).toBe('1');
    const heart = first.getByRole('button', { name: 'Favourite' });
    expect(await heart.getAttribute('aria-pressed')).toBe('false');
    await heart.click();
    await expect.poll(() => heart.getAttribute('aria-pressed')).toBe('true');
    expect(await first.locator('.badge').isVisible()).toBe(true);
    const jobs = async () => (await (await fetch(`${gallery.url}jobs`)).json()) as { favourite?: boolean }[];
    await expect
      .poll(async () => (await jobs()).map(({ favourite }) => favourite))
      .toEqual([true, undefined]);
    await heart.click();
    await expect
      .poll(async () => (await jobs()).map(({ favourite }) => favourite))
      .toEqual([undefined, undefined]);
    await first.getByRole('button', { name: 'Copy the prompt' }).click();
    await first.getByRole('button', { name: /Copied|not allowed/ }).waitFor();
    const download = page.waitForEvent('download');
    await first.getByRole('link', { name: 'Download' }).click();
    expect(readFileSync(await (await download).path()).length).toBeGreaterThan(100);
  });

  it('gives what is no image a plain face', async () => {
    const urls = ['a', 'b', 'c'].map((name) => `https://outputs.runcomfy.com/${name}`);
    const { gallery } = await galleryOf([record(1, { urls, kinds: ['video', 'audio', '3d'] })]);
    const page = await openPage(browser(), gallery.url);
    for (const [index, kind] of ['Video', 'Audio', '3D model'].entries())
      await page.getByRole('button', { name: `${kind}: picture 1, ${index + 1} of 3` }).waitFor();
    expect(await page.locator('.tile img').count()).toBe(0);
  });

  it('has two columns on a phone, where a tap opens and nothing is wider than the screen', async () => {
    const long = record(9, { state: 'failed', error: 'x'.repeat(900), input: { prompt: 'y'.repeat(900) } });
    const { gallery } = await galleryOf([
      ...Array.from({ length: 9 }, (_, index) => record(index + 10)),
      long,
    ]);
    const page = await openPage(browser(), gallery.url, PHONE);
    await page.locator('.tile img.loaded').first().waitFor();
    expect(new Set((await boxesOf(page)).map(({ x }) => x)).size).toBe(2);
    expect(await sideways(page)).toBe(0);
    await expectAccessible(page);
    await page.setViewportSize({ width: 320, height: 600 });
    await expect.poll(() => sideways(page)).toBe(0);
    await tile(page, 'picture 10').tap();
    await page.getByRole('dialog').waitFor();
  });

  it('is accessible, light and dark', async () => {
    const { gallery } = await galleryOf([
      record(1, { state: 'in_queue', queue_position: 1 }),
      record(2, { state: 'failed', error: 'Refused' }),
      record(3, { state: 'unknown' }),
      record(4, { cost_usd: 0.1, favourite: true }),
      record(DAY * 2),
    ]);
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await openPage(browser(), gallery.url, { colorScheme, reducedMotion: 'reduce' });
      await expect.poll(() => page.locator('.tile img.loaded').count()).toBe(2);
      await expectAccessible(page);
      await page.locator('.tile').first().hover();
      await expectAccessible(page);
      await page.close();
    }
  });
});
declare function getComputedStyle(element: never): { opacity: string };
