import { expect, it } from 'vitest';
import { expectAccessible } from '../support/axe.ts';
import { describeInBrowser } from '../support/browser.ts';
import { galleryOf, openPage, record, scrollTo, tile } from '../support/gallery-page.ts';

const EVIL = 'https://evil.example/a.png';

describeInBrowser('the gallery, where little goes as usual', (browser) => {
  it('gives up pictures that were scrolled past before they came', async () => {
    const { gallery } = await galleryOf(Array.from({ length: 400 }, (_, index) => record(index)));
    const page = await openPage(browser(), 'about:blank');
    let given = 0;
    page.on('requestfailed', () => {
      given += 1;
    });
    await page.route('**/pictures/**', () => {});
    await page.goto(gallery.url);
    await tile(page, 'picture 0').waitFor();
    await scrollTo(page, 20_000);
    await expect.poll(() => given).toBeGreaterThan(5);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it('takes back a heart that could not be kept, and says why', async () => {
    const { gallery } = await galleryOf([record(1)]);
    const page = await openPage(browser(), gallery.url);
    await page.route('**/favourite', (route) =>
      route.fulfill({ status: 500, json: { error: 'The disk is full.' } }),
    );
    const heart = tile(page, 'picture 1').getByRole('button', { name: 'Favourite' });
    await heart.press('Enter');
    await page.getByText('The disk is full.').waitFor();
    expect(await heart.getAttribute('aria-pressed')).toBe('false');
    expect(await page.locator('.badge').isVisible()).toBe(false);
  });

  it('opens what is no picture, and never loads what is not on a RunComfy host', async () => {
    const urls = ['https://outputs.runcomfy.com/a', EVIL];
    const { gallery } = await galleryOf([record(1, { urls, kinds: ['3d', 'image'] })]);
    const page = await openPage(browser(), gallery.url);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.locator('.tile .picture').first().click();
    const viewer = page.locator('dialog.viewer');
    await viewer.getByText('Open it in a program for 3D models.').waitFor();
    const link = viewer.getByRole('link', { name: 'Download it' });
    expect(await link.getAttribute('href')).toMatch(/^originals\/.*\/0\?download$/);
    await page.keyboard.press('ArrowRight');
    await viewer.getByText('It does not lie with RunComfy, and so it is not loaded.').waitFor();
    await viewer.locator('.sidebar').getByText(EVIL).waitFor();
    expect(await viewer.getByRole('link', { name: 'Download' }).count()).toBe(0);
    await expectAccessible(page);
    expect(asked.filter((url) => /evil|\/1(\?|$)/.test(url))).toEqual([]);
  });

  it('goes on from a picture that the filter no longer lets through', async () => {
    const { gallery } = await galleryOf([1, 2, 3, 4].map((age) => record(age)));
    const page = await openPage(browser(), gallery.url);
    await tile(page, 'picture 2').getByRole('button', { name: 'picture 2' }).click();
    const viewer = page.locator('dialog.viewer');
    await expect.poll(() => viewer.locator('.counter').textContent()).toBe('2 of 4');
    // What scrolls has its own end.
    await viewer.locator('.sidebar').press('End');
    expect(await viewer.locator('.counter').textContent()).toBe('2 of 4');
    await viewer.focus();
    await page.evaluate("location.hash = location.hash.replace('#', '#q=req-3&')");
    await expect.poll(() => viewer.locator('.counter').textContent()).toBe('');
    expect(await viewer.getAttribute('aria-label')).toBe('picture 2');
    await page.keyboard.press('Home');
    await expect.poll(() => viewer.locator('.counter').textContent()).toBe('1 of 1');
    expect(await viewer.getAttribute('aria-label')).toBe('picture 3');
  });

  it('opens another picture while it still leaves the one before', async () => {
    const { gallery } = await galleryOf([record(1), record(2)]);
    const page = await openPage(browser(), gallery.url);
    await tile(page, 'picture 1').getByRole('button', { name: 'picture 1' }).click();
    const viewer = page.locator('dialog.viewer');
    await expect.poll(() => page.url()).toContain('show=');
    const before = page.url();
    // The way back in the history takes a moment.
    await page.evaluate(`(async () => {
      document.querySelector('dialog.viewer').close();
      await new Promise((resolve) => document.querySelector('dialog.viewer').addEventListener('close', resolve));
      document.querySelectorAll('.tile .picture')[1].click();
    })()`);
    await expect.poll(() => viewer.getAttribute('aria-label')).toBe('picture 2');
    await expect.poll(() => page.url()).toContain('show=');
    expect(page.url()).not.toBe(before);
    await page.evaluate('history.back()');
    await expect.poll(() => viewer.isVisible()).toBe(false);
    expect(new URL(page.url()).hash).toBe('');
  });
});
