import { expect, it } from 'vitest';
import { describeInBrowser } from '../support/browser.ts';
import { focused, galleryOf, openPage, record, scrolled, scrollTo, tile } from '../support/gallery-page.ts';

// Of a known size: what is not learned while keys are pressed moves nothing.
const sized = (age: number) => record(age, { input: { prompt: `picture ${age}`, size: '640x480' } });
const many = (count: number) => Array.from({ length: count }, (_, index) => sized(index + 100));

describeInBrowser('the keys of the gallery', (browser) => {
  it('lead through the tiles, which are one stop of the Tab key, open one and come back', async () => {
    const { gallery } = await galleryOf(many(300));
    const page = await openPage(browser(), gallery.url);
    await tile(page, 'picture 100').locator('img.loaded').waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('link', { name: 'Skip to the pictures' }).press('Enter');
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
      return String(await focused(page));
    };
    expect(await press('Tab')).toBe('picture 100');
    expect(await press('ArrowRight')).toBe('picture 101');
    const below = await press('ArrowDown');
    expect(await press('ArrowUp')).toBe('picture 101');
    expect(below).not.toBe('picture 101');
    expect(await press('ArrowLeft')).toBe('picture 100');
    expect(await press('Tab', 'Tab', 'Tab', 'Tab')).not.toContain('picture');
    expect(await press('Shift+Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab', 'End')).toBe('picture 399');
    await expect(tile(page, 'picture 399').boundingBox()).resolves.toMatchObject({ y: expect.any(Number) });
    expect(await press('PageUp')).not.toBe('picture 399');
    expect(await press('Home')).toBe('picture 100');
    const box = await tile(page, 'picture 100').boundingBox();
    expect(box?.y).toBeGreaterThanOrEqual(100);
    await press('PageDown', 'Enter');
    await page.getByRole('dialog').waitFor();
    const opened = await page.evaluate('location.hash');
    await page.keyboard.press('Escape');
    await expect.poll(() => focused(page)).toMatch(/^picture \d+$/);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate('location.hash')).toBe(opened);
  });

  it('keep the focus while the list is scrolled and changes, and pass it on when its picture is gone', async () => {
    const { gallery, put } = await galleryOf(many(300));
    const page = await openPage(browser(), gallery.url);
    await tile(page, 'picture 103').locator('img.loaded').waitFor();
    await tile(page, 'picture 103').getByRole('button', { name: 'picture 103' }).focus();
    await scrollTo(page, 9_000);
    await expect.poll(() => page.locator('.tile').count()).toBeGreaterThan(10);
    expect(await focused(page)).toBe('picture 103');
    put(record(0));
    await expect.poll(() => page.locator('.summary').textContent()).toBe('301 pictures');
    expect(await focused(page)).toBe('picture 103');
    expect(await scrolled(page)).toBeGreaterThan(8_000);
    await page.keyboard.press('ArrowRight');
    expect(await focused(page)).toBe('picture 104');
    expect(await scrolled(page)).toBeLessThan(1_000);
    const jobs = (await (await fetch(`${gallery.url}jobs`)).json()) as { id: string; prompt: string }[];
    const id = jobs.find(({ prompt }) => prompt === 'picture 104')?.id;
    const headers = { origin: new URL(gallery.url).origin };
    await fetch(`${gallery.url}jobs/${id}`, { method: 'DELETE', headers });
    await expect.poll(() => focused(page)).toBe('picture 105');
  });
});
