import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { expect, it, onTestFinished } from 'vitest';
import { describeInBrowser } from '../support/browser.ts';
import { finishAll } from '../support/calls.ts';
import { openGallery } from '../support/gallery.ts';
import { connect } from '../support/program.ts';
import { putRecord } from '../support/records.ts';

const SEARCH = { name: 'Search prompts' };

async function open(browser: Browser, url: string, more: Parameters<Browser['newPage']>[0] = {}) {
  const page = await browser.newPage({ viewport: { width: 900, height: 700 }, ...more });
  onTestFinished(() => page.close());
  page.on('dialog', () => expect.unreachable('a script ran'));
  await page.goto(url);
  return page;
}

describeInBrowser('the gallery in a browser', (browser) => {
  it('shows jobs, narrows them, opens one, and collects one that ended while nobody waited', async () => {
    const { client, sandbox, config } = await connect();
    const hostile = '<img src=x onerror=alert(1)>';
    await client.callTool({ name: 'gpt_4o_image_text_to_image', arguments: { prompt: 'a red fox' } });
    sandbox.engine.planNext({ outcome: 'failed', error: `${hostile} refused` });
    await client.callTool({ name: 'gpt_4o_image_text_to_image', arguments: { prompt: hostile } });
    const hasty = await connect({ baseUrl: config.baseUrl, dataDir: config.dataDir, waitSeconds: 0 });
    sandbox.engine.planNext({ queueMs: 3_600_000 });
    await hasty.client.callTool({ name: 'gpt_image_2_text_to_image', arguments: { prompt: 'a late owl' } });
    const page = await open(browser(), (await openGallery(config)).url, { colorScheme: 'dark' });

    await expect.poll(() => page.locator('.tile').count()).toBe(3);
    await page.getByText('3 jobs · 1 image · $0 reported · 2 without a reported cost').waitFor();
    const thumb = page.locator('.tile img.loaded');
    await thumb.waitFor();
    const { channels } = await sharp(await thumb.screenshot()).stats();
    expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(20);

    await page.getByRole('searchbox', SEARCH).fill('FOX');
    await expect.poll(() => page.locator('.tile').count()).toBe(1);
    await page.getByRole('searchbox', SEARCH).fill('');
    await page.getByLabel('State').selectOption({ label: 'Failed' });
    await expect.poll(() => page.locator('.tile .line').allTextContents()).toEqual([hostile]);
    await page.locator('.tile').click();
    await page.getByRole('dialog').getByRole('alert').getByText(`${hostile} refused`).waitFor();
    await page.keyboard.press('Escape');
    await page.getByLabel('State').selectOption('');
    await page.getByLabel('Model').selectOption({ label: 'GPT Image 2: text to image' });
    await expect.poll(() => page.locator('.tile .line').allTextContents()).toEqual(['a late owl']);

    await page.locator('.tile').press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Collect' }).click();
    await dialog.getByText('In the queue, position 1').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    finishAll(sandbox);
    await page.getByRole('button', { name: 'Collect 1 unfinished' }).click();
    await page.getByText('1 job · 1 image').waitFor();
    await page.locator('.tile').click();
    await dialog.locator('img.loaded').waitFor();
    const link = dialog.getByRole('link', { name: 'Open' });
    expect(await link.getAttribute('href')).toContain(config.baseUrl);
    const opened = page.context().waitForEvent('page');
    await link.click();
    await (await opened).close();
    expect(await dialog.getByRole('button', { name: 'Collect' }).count()).toBe(0);
  });

  it('names what is no image, asks for no picture of it, and counts only images', async () => {
    const { config } = await connect();
    const urls = ['a.mp4', 'a.png'].map((name) => `https://playgrounds-storage-public.runcomfy.net/${name}`);
    putRecord(config, {
      ...{ model: 'm/m', input: { prompt: 'a film' }, state: 'succeeded', request_id: 'r' },
      ...{ submitted_at: '2026-01-01T00:00:00.000Z', urls, kinds: ['video', 'image'] },
    });
    const page = await open(browser(), (await openGallery(config)).url);
    await page.getByText('1 job · 1 image').waitFor();
    await expect.poll(() => page.locator('.tile .thumb').textContent()).toMatch(/^Video\s*2 files$/);
    expect(await page.locator('.tile img').count()).toBe(0);
    await page.locator('.tile').click();
    const video = page.getByRole('dialog').locator('figure').first();
    await video.getByText('Video').waitFor();
    expect(await video.locator('img').count()).toBe(0);
  });

  it('sums what was reported by day and model, of the jobs that it shows', async () => {
    const { config } = await connect();
    const jobs: [day: string, model: string, cost?: number][] = [
      ['2026-02-03', 'openai/gpt-image-2/text-to-image', 0.04],
      ['2026-02-03', 'openai/gpt-image-1-5/image-to-image', 0.133],
      ['2026-02-01', 'openai/gpt-image-1-5/image-to-image', 0.034],
      ['2026-02-01', '<b>m</b>/x'],
    ];
    for (const [index, [day, model, cost_usd]] of jobs.entries()) {
      const submitted_at = `${day}T12:0${index}:00.000Z`;
      const cost = cost_usd === undefined ? {} : { cost_usd };
      putRecord(config, { model, input: {}, state: 'succeeded', submitted_at, ...cost });
    }
    const more = { locale: 'en-GB', timezoneId: 'Pacific/Auckland' };
    const page = await open(browser(), (await openGallery(config)).url, more);
    await page.getByText('4 jobs · 0 images · $0.207 reported · 1 without a reported cost').waitFor();
    const rows = () => page.locator('.costs tbody tr').allInnerTexts();
    expect(await page.locator('.costs table').first().isVisible()).toBe(false);
    await page.getByText('Costs by day and model').click();
    // Noon of one day is the next one in Auckland.
    expect(await rows()).toEqual([
      '4 Feb 2026\t$0.173',
      '2 Feb 2026\t$0.034',
      'GPT Image 1.5: image to image\t$0.167',
      'GPT Image 2: text to image\t$0.04',
    ]);
    await page.getByLabel('Model').selectOption({ label: 'GPT Image 2: text to image' });
    await expect.poll(rows).toEqual(['4 Feb 2026\t$0.04', 'GPT Image 2: text to image\t$0.04']);
    await page.getByLabel('Model').selectOption({ label: '<b>m</b>/x' });
    await expect.poll(() => page.locator('.costs').isVisible()).toBe(false);
  });

  it('draws two thousand jobs little by little', async () => {
    const { config } = await connect();
    const began = Date.parse('2026-01-01T00:00:00Z');
    for (let index = 0; index < 2_000; index += 1) {
      const submitted_at = new Date(began + index * 60_000).toISOString();
      putRecord(config, {
        model: 'm/m',
        input: { prompt: `picture ${index}` },
        state: 'failed',
        submitted_at,
      });
    }
    const page = await open(browser(), (await openGallery(config)).url);
    await page.getByText('2000 jobs').waitFor();
    expect(await page.locator('.tile .line').first().textContent()).toBe('picture 1999');
    expect(await page.locator('.tile').count()).toBeLessThan(400);
    await page.mouse.wheel(0, 1e6);
    await expect.poll(() => page.locator('.tile').count()).toBeGreaterThan(100);
    await page.getByRole('searchbox', SEARCH).fill('picture 0');
    await expect.poll(() => page.locator('.tile').count()).toBe(1);
  });

  it('says so when it was ended', async () => {
    const { config } = await connect();
    const gallery = await openGallery(config);
    const page = await open(browser(), gallery.url, { viewport: { width: 320, height: 600 } });
    await page.getByText('No jobs are recorded yet.').waitFor();
    expect(await page.locator('html').evaluate((root) => root.scrollWidth - root.clientWidth)).toBe(0);
    await gallery.close();
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await page.getByText('The gallery was ended.').waitFor();
  });
});
