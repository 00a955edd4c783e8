import { expect, it } from 'vitest';
import { expectAccessible } from '../support/axe.ts';
import { describeInBrowser } from '../support/browser.ts';
import { focused, galleryOf, openPage, PHONE, record, tile } from '../support/gallery-page.ts';
import { clipboardOf } from '../support/viewer.ts';

const HOSTILE = `Refused: <img src=x onerror=alert(1)>\n${'because '.repeat(200)}`;
const WAITING = record(90, { state: 'in_queue', queue_position: 3 });
const JOBS = [
  record(10),
  WAITING,
  record(100, { state: 'failed', error: HOSTILE, input: { prompt: 'a "fox"', seed: 4 } }),
  record(110, { state: 'cancelled' }),
  record(120, { state: 'unknown' }),
  record(130, { urls: [] }),
  record(140),
];

/** The gallery with a job of the list opened by its strip. */
async function openStrip(
  browser: Parameters<typeof openPage>[0],
  prompt: string,
  options: Parameters<typeof openPage>[2] = {},
) {
  const connected = await galleryOf([]);
  for (const job of JOBS) connected.put(job, { call: job.request_id as string });
  const page = await openPage(browser, connected.gallery.url, options);
  const strip = page.locator('.strip').filter({ hasText: prompt }).locator('.opener');
  await strip.focus();
  await page.keyboard.press('Enter');
  const viewer = page.locator('dialog.viewer');
  await viewer.waitFor();
  const button = (name: string) => viewer.getByRole('button', { name, exact: true });
  const said = viewer.locator('.said');
  return { ...connected, page, viewer, strip, button, said, face: viewer.locator('.state-face') };
}

describeInBrowser('a job without a picture', (browser) => {
  it('opens in the order of the list, and says how it gets on', async () => {
    const { page, viewer, face, said } = await openStrip(browser(), 'picture 90');
    await expect.poll(() => said.textContent()).toBe('Job 1 of 7: In the queue, position 3. picture 90');
    expect(await face.locator('.blank-title').textContent()).toBe('In the queue, position 3');
    const waited = await face.locator('.wait').textContent();
    expect(waited).toMatch(/^1 min \d+ s$/);
    await expect.poll(() => face.locator('.wait').textContent()).not.toBe(waited);
    const seen = [];
    for (let step = 0; step < 6; step++) {
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => viewer.locator('.counter').textContent()).toBe(`${step + 2} of 7`);
      seen.push(await said.textContent());
    }
    expect(seen).toEqual([
      'Job 2 of 7: Failed. a "fox"',
      'Job 3 of 7: Cancelled. picture 110',
      'Job 4 of 7: Unknown. picture 120',
      'Job 5 of 7: Done, without a picture. picture 130',
      'Picture 6 of 7: picture 10',
      'Picture 7 of 7: picture 140',
    ]);
    expect(await face.count()).toBe(0);
    await page.keyboard.press('Home');
    const address = page.url();
    expect(address).toMatch(/show=[\w-]+%2C0$/);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.opener:focus').textContent()).toContain('picture 90');
    const other = await openPage(browser(), address);
    await other.locator('.state-face').getByText('In the queue, position 3').waitFor();
  });

  it('quotes why it failed in full, as text, and can be asked for again', async () => {
    const { page, viewer, button, face } = await openStrip(browser(), 'a "fox"');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    expect(await face.locator('blockquote').textContent()).toBe(HOSTILE);
    expect(await viewer.locator('img').count()).toBe(0);
    await viewer.locator('.sidebar').getByText('Seed').waitFor();
    await button('Copy').click();
    expect(await viewer.getByRole('menuitem').allTextContents()).toEqual(['Prompt', 'Make it again']);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await viewer.getByText('Request copied.').waitFor();
    const request = await clipboardOf(page);
    expect(request).toContain('call gpt_image_2_text_to_image with exactly these arguments');
    expect(request).toContain(JSON.stringify({ prompt: 'a "fox"', seed: 4 }, null, 2));
    for (const name of ['Favourite', 'Download']) expect(await button(name).count()).toBe(0);
    const before = page.url();
    for (const key of ['f', 'd', '+']) await page.keyboard.press(key);
    await page.keyboard.press('Escape');
    await expect.poll(() => viewer.isVisible()).toBe(false);
    await expect.poll(() => page.url()).not.toBe(before);
    const jobs = await page.evaluate("fetch('jobs').then((got) => got.text())");
    expect(jobs).not.toContain('"favourite":true');
  });

  it('is deleted with its prompt, unless it still runs', async () => {
    const { page, viewer, button, face } = await openStrip(browser(), 'picture 90');
    const remove = async () => {
      await page.keyboard.press('Delete');
      const question = viewer.getByRole('alertdialog');
      await question.getByText('Delete this job and its prompt? It cannot be undone.').waitFor();
      await question.getByRole('button', { name: 'Delete' }).click();
      return question;
    };
    const question = await remove();
    await question.getByText('This job is still running. It can be deleted once it has ended.').waitFor();
    expect(await face.locator('.blank-title').textContent()).toBe('In the queue, position 3');
    await button('Keep').click();
    await page.keyboard.press('ArrowRight');
    await remove();
    await viewer.getByText('This job was deleted.').waitFor();
    await expect.poll(() => viewer.getAttribute('aria-label')).toBe('picture 110');
    expect(await page.evaluate("fetch('jobs').then((got) => got.text())")).not.toContain('fox');
  });

  it('shows its picture in its place once it is there, and how it gets on until then', async () => {
    const { page, viewer, button, said, put } = await openStrip(browser(), 'picture 90');
    const call = { call: 'req-90' };
    const { queue_position: _, ...waiting } = WAITING;
    const running = { ...waiting, state: 'in_progress', started_at: new Date().toISOString() } as const;
    put(running, { ...call, revision: 20 });
    await expect.poll(() => said.textContent()).toBe('Job 1 of 7: In progress. picture 90');
    await button('Copy').click();
    const done = { ...record(90), submitted_at: WAITING.submitted_at as string };
    put(done, { ...call, revision: 40 });
    await viewer.locator('.whole img').waitFor();
    // Among the pictures it has another place than among the strips.
    await expect.poll(() => said.textContent()).toBe('Picture 6 of 7: picture 90');
    expect(await button('Favourite').isVisible()).toBe(true);
    await viewer
      .locator('.sidebar')
      .getByText('640 × 480')
      .or(viewer.getByText('Not on this machine'))
      .waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => focused(page)).toBe('picture 90');
  });

  it('keeps the focus in the list as it becomes a picture', async () => {
    const { page, put } = await openStrip(browser(), 'picture 90');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.opener:focus').count()).toBe(1);
    put({ ...record(90), submitted_at: WAITING.submitted_at as string }, { call: 'req-90', revision: 20 });
    await tile(page, 'picture 90').waitFor();
    await expect.poll(() => focused(page)).toBe('picture 90');
  });

  it.each(['light', 'dark'] as const)(
    'has nothing that axe finds serious, on a phone too (%s)',
    async (colorScheme) => {
      for (const size of [{}, PHONE]) {
        const { page, viewer } = await openStrip(browser(), 'a "fox"', { ...size, colorScheme });
        await viewer.locator('.sidebar').getByText('Seed').waitFor();
        await expectAccessible(page);
        expect(await page.evaluate('document.querySelector("dialog.viewer").scrollWidth <= innerWidth')).toBe(
          true,
        );
      }
    },
  );
});
