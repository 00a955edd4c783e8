import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { expectAccessible } from '../support/axe.ts';
import { describeInBrowser } from '../support/browser.ts';
import { focused, galleryOf, openPage, PHONE, record, tile } from '../support/gallery-page.ts';

const DAY = 86_400;
const GPT = 'openai/gpt-4o-image/text-to-image';
const JOBS = [
  record(1, { input: { prompt: 'A red fox' }, cost_usd: 0.5, favourite: true }),
  record(2, { input: { prompt: 'A red owl' }, model: GPT, cost_usd: 0.034 }),
  record(3, { input: { prompt: 'A blue owl' }, state: 'failed', error: 'Refused' }),
  record(DAY * 3, { input: { prompt: 'An old fox' }, model: 'gone/model', cost_usd: 2 }),
];
/** The day that is so many seconds ago, as a field for dates has it. */
const dayOf = (age: number) => {
  const time = new Date(Date.now() - age * 1_000);
  return [time.getFullYear(), time.getMonth() + 1, time.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
};

const search = (page: Page) => page.getByRole('searchbox', { name: 'Search prompts and models' });
/** The prompts that are shown. */
const shown = (page: Page) =>
  page
    .locator('.list li')
    .evaluateAll((items) =>
      items.map((item) => (item as never as Item).querySelector('.what, .words')?.textContent),
    );
interface Item {
  querySelector(selector: string): { textContent: string } | null;
}
const expectShown = (page: Page, prompts: string[]) => expect.poll(() => shown(page)).toEqual(prompts);
const back = (page: Page) => page.evaluate('history.back()');
const openness = (page: Page) => page.getByRole('dialog').count();

describeInBrowser('the search of the gallery', (browser) => {
  it('narrows the list by words, model, state, favourites and days, which a reload keeps', async () => {
    const { gallery } = await galleryOf(JOBS);
    const page = await openPage(browser(), gallery.url, { viewport: { width: 1500, height: 700 } });
    await expectShown(page, ['A blue owl', 'A red fox', 'A red owl', 'An old fox']);
    await search(page).fill('FOX');
    await expectShown(page, ['A red fox', 'An old fox']);
    await page.getByLabel('From', { exact: true }).fill(dayOf(DAY));
    await expectShown(page, ['A red fox']);
    await page.reload();
    await expectShown(page, ['A red fox']);
    expect(await search(page).inputValue()).toBe('FOX');
    await page.getByLabel('From', { exact: true }).fill('');
    await page.getByLabel('to', { exact: true }).fill(dayOf(DAY));
    await expectShown(page, ['An old fox']);
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await page.getByLabel('Model', { exact: true }).selectOption({ label: 'GPT-4o Image: text to image' });
    await expectShown(page, ['A red owl']);
    await expect.poll(() => page.url()).toContain(`model=${encodeURIComponent(GPT)}`);
    await page.getByLabel('Model', { exact: true }).selectOption('');
    await page.getByLabel('State', { exact: true }).selectOption('Failed');
    await expectShown(page, ['A blue owl']);
    await page.getByLabel('State', { exact: true }).selectOption('');
    await page.getByRole('button', { name: 'Favourites only' }).click();
    await expectShown(page, ['A red fox']);
    await page.reload();
    await expectShown(page, ['A red fox']);
    await search(page).fill('req-1');
    await expectShown(page, ['A red fox']);
  });

  it('says when nothing fits, and clears the filters', async () => {
    const { gallery } = await galleryOf(JOBS);
    const page = await openPage(browser(), `${gallery.url}#q=nothing+such&model=never%2Fseen`, PHONE);
    await page.getByText('No picture fits.').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Filters, 1 set' }).tap();
    expect(await page.getByLabel('Model', { exact: true }).inputValue()).toBe('never/seen');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Filters, 1 set' }).press('Escape');
    await page.getByRole('main').getByRole('button', { name: 'Clear the filters' }).tap();
    await expect.poll(async () => (await shown(page)).length).toBe(4);
    expect(new URL(page.url()).hash).toBe('');
    expect(await focused(page)).toBe('Search prompts and models');
  });

  it('says how pictures come here while there are none', async () => {
    const { gallery } = await galleryOf([]);
    const page = await openPage(browser(), gallery.url, { colorScheme: 'dark' });
    await page.getByRole('heading', { name: 'Your pictures will appear here' }).waitFor();
    await expectAccessible(page);
  });

  it('opens the picture of its address, and closes it by the back button', async () => {
    const { gallery } = await galleryOf(JOBS);
    const page = await openPage(browser(), `${gallery.url}#q=owl`);
    await tile(page, 'A red owl').getByRole('button', { name: 'A red owl' }).click();
    await page.getByRole('dialog').waitFor();
    await expect.poll(() => page.url()).toContain('show=');
    const address = page.url();
    await back(page);
    await expect.poll(() => openness(page)).toBe(0);
    expect(new URL(page.url()).hash).toBe('#q=owl');
    await expect.poll(() => focused(page)).toBe('A red owl');
    await page.evaluate('history.forward()');
    await expect.poll(() => openness(page)).toBe(1);
    // Closed by Escape, it leaves no entry behind.
    await page.keyboard.press('Escape');
    await expect.poll(() => new URL(page.url()).hash).toBe('#q=owl');
    const other = await openPage(browser(), address);
    await other.getByRole('dialog').waitFor();
    await other.keyboard.press('Escape');
    await expect.poll(() => openness(other)).toBe(0);
    await expect.poll(() => new URL(other.url()).hash).toBe('#q=owl');
    await expectShown(other, ['A blue owl', 'A red owl']);
    await openPage(browser(), `${gallery.url}#show=20260101T000000000Z-0000,7`).then((page) =>
      expectShown(page, ['A blue owl', 'A red fox', 'A red owl', 'An old fox']),
    );
  });

  it('sums the reported costs of what is shown, by model and day', async () => {
    const { gallery } = await galleryOf(JOBS);
    const page = await openPage(browser(), gallery.url);
    await page.getByRole('button', { name: 'Costs: $2.534' }).click();
    const dialog = page.getByRole('dialog', { name: 'Costs' });
    const rows = async (name: string) =>
      (await dialog.getByRole('table', { name }).getByRole('row').allInnerTexts()).map((row) =>
        row.split(/\s*\t\s*/),
      );
    await dialog.getByText('3 jobs with a reported cost; none was reported for 1 more job.').waitFor();
    expect(await rows('By model')).toEqual([
      ['Model', '$2.00'],
      ['GPT Image 2: text to image', '$0.50'],
      ['GPT-4o Image: text to image', '$0.034'],
    ]);
    expect((await rows('By day'))[0]).toEqual(['Today', '$0.534']);
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await search(page).fill('red');
    await page.getByRole('button', { name: 'Costs: $0.534' }).waitFor();
  });

  it('searches 5,000 jobs at each key', async () => {
    const jobs = Array.from({ length: 5_000 }, (_, index) =>
      record(index, { input: { prompt: `${'word '.repeat(60)}number ${index}` } }),
    );
    const { gallery } = await galleryOf(jobs);
    const page = await openPage(browser(), gallery.url);
    await expect.poll(() => page.locator('.summary').textContent()).toBe('5,000 pictures');
    await search(page).pressSequentially('number 4321');
    await expect.poll(() => page.locator('.summary').textContent()).toBe('1 picture');
    await page.getByRole('status').filter({ hasText: '1 picture' }).waitFor();
  });
});
