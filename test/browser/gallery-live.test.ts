import type { Page, Route } from 'playwright-core';
import { expect, it } from 'vitest';
import { expectAccessible } from '../support/axe.ts';
import { describeInBrowser } from '../support/browser.ts';
import { promised } from '../support/calls.ts';
import { galleryOf, openPage, record, tile } from '../support/gallery-page.ts';
import { start } from '../support/process.ts';
import { KEY } from '../support/program.ts';

const ENDED = 'The gallery has ended.';

/** Lets a test reach the page's stream of events: what a route answers in its place ends at once. */
const exposeEvents = (page: Page) =>
  page.addInitScript(() => {
    const { addEventListener } = EventTarget.prototype;
    EventTarget.prototype.addEventListener = function (name: string, hear: never, ...more: never[]) {
      if (name === 'problem') Object.assign(globalThis, { events: this });
      return addEventListener.call(this, name, hear, ...more);
    };
  });

describeInBrowser('the gallery while it is open', (browser) => {
  it('shows new jobs and how they get on', async () => {
    const { gallery, put } = await galleryOf([]);
    const page = await openPage(browser(), gallery.url);
    await page.getByText('Your pictures will appear here').waitFor();
    const job = record(1, { state: 'in_queue', queue_position: 2 });
    put(job, { call: 'mine' });
    await page.getByText('In the queue, position 2').waitFor();
    put({ ...record(1), submitted_at: job.submitted_at as string }, { call: 'mine', revision: 2 });
    await tile(page, 'picture 1').locator('img.loaded').waitFor();
    expect(await page.locator('.strip').count()).toBe(0);
  });

  it('says so when it was ended', async () => {
    const { gallery } = await galleryOf([record(1)]);
    const page = await openPage(browser(), gallery.url);
    await tile(page, 'picture 1').waitFor();
    await gallery.close();
    await page.getByText(ENDED).waitFor();
    await page.getByRole('button', { name: 'Favourite', exact: true }).press('Enter');
    await expect
      .poll(() => page.getByRole('button', { name: 'Favourite', exact: true }).getAttribute('aria-pressed'))
      .toBe('false');
  });

  it('says so while nobody answers, and recovers when it is there again', async () => {
    const { gallery } = await galleryOf([record(1)]);
    const page = await openPage(browser(), 'about:blank');
    const answers: ((route: Route) => unknown)[] = [
      (route) => route.abort(),
      (route) => route.fulfill({ status: 503 }),
    ];
    // At first nobody is there, and then somebody else.
    await page.route('**/events', (route) => (answers.shift() ?? ((other) => other.continue()))(route));
    await page.goto(gallery.url);
    await page.getByText(ENDED).waitFor();
    await tile(page, 'picture 1').locator('img.loaded').waitFor();
    await expect.poll(() => page.getByText(ENDED).count()).toBe(0);
    expect(answers).toEqual([]);
  });

  it('says so while its server stands still, and goes on with it', async () => {
    const { config, put } = await galleryOf([record(1)]);
    const { child } = start(['gallery', '--data-dir', config.dataDir], {
      RUNCOMFY_API_KEY: KEY,
      RUNCOMFY_BASE_URL: config.baseUrl,
    });
    let printed = '';
    child.stdout.on('data', (text) => {
      printed += text;
    });
    await expect.poll(() => printed).toMatch(/http:\S+\/\n/);
    const page = await openPage(browser(), 'about:blank');
    await page.clock.install();
    await page.goto(/http:\S+/.exec(printed)?.[0] ?? '');
    await tile(page, 'picture 1').waitFor();
    child.kill('SIGSTOP');
    await page.clock.fastForward(60_000);
    await page.getByText('not answering').waitFor();
    await page.clock.fastForward(5_000);
    put(record(0));
    child.kill('SIGCONT');
    await tile(page, 'picture 0').waitFor();
    await expect.poll(() => page.getByText('not answering').count()).toBe(0);
  });

  it('says in one line what keeps it from being up to date, for as long as it does', async () => {
    const { gallery } = await galleryOf([record(1)]);
    const page = await openPage(browser(), 'about:blank');
    await exposeEvents(page);
    await page.goto(gallery.url);
    await tile(page, 'picture 1').locator('img.loaded').waitFor();
    const tell = (text: string) =>
      page.evaluate(
        `events.dispatchEvent(new MessageEvent('problem', { data: ${JSON.stringify(JSON.stringify({ text }))} }))`,
      );
    const line = page.locator('.notice');
    await tell('<b>RunComfy cannot be reached.</b>');
    expect(await line.textContent()).toBe('<b>RunComfy cannot be reached.</b>');
    await expectAccessible(page);
    await tell('');
    expect(await line.textContent()).toBe('');
  });

  it('loses no change that comes while it fetches the list', async () => {
    const { gallery, put } = await galleryOf([record(1)]);
    const page = await openPage(browser(), 'about:blank');
    const [fetched, held] = [promised(), promised()];
    await page.route('**/jobs', async (route) => {
      const response = await route.fetch();
      fetched.resolve();
      await held.promise;
      await route.fulfill({ response });
    });
    await exposeEvents(page);
    await page.goto(gallery.url);
    await fetched.promise;
    const heard = page.evaluate(
      "new Promise((resolve) => events.addEventListener('change', () => resolve()))",
    );
    put(record(0));
    await heard;
    held.resolve();
    await tile(page, 'picture 0').waitFor();
  });
});
