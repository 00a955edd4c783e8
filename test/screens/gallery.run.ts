import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { describeInBrowser } from '../support/browser.ts';
import { finishAll } from '../support/calls.ts';
import { openGallery } from '../support/gallery.ts';
import { type Connected, connect } from '../support/program.ts';
import { putJobs } from './jobs.ts';
import { eachPage } from './screens.ts';

const HOUR = 3_600_000;
const any = (model: string, prompt: string, more: object = {}) => ({
  name: 'run_image_model',
  arguments: { model, input: { prompt, ...more } },
});
const made = (prompt: string) => ({ name: 'gpt_image_2_text_to_image', arguments: { prompt } });

/** Jobs of the sandbox that ended just now, of each kind, and two that are under way. */
async function makeJobs({ client, sandbox }: Connected): Promise<void> {
  const { engine, origin } = sandbox;
  await client.callTool(any('alibaba/wan-2-6/text-to-video', 'A paper boat on a stream'));
  await client.callTool(any('stability/stable-audio-2/text-to-audio', 'Rain on a tin roof'));
  await client.callTool(any('google/nano-banana-2/text-to-image', 'Four lanterns', { num_images: 4 }));
  engine.planNext({ output: { model_url: `${origin}/media/snail.glb` } });
  await client.callTool(made('A snail to print'));
  finishAll(sandbox);
  engine.planNext({ queueMs: 0, runMs: HOUR });
  await client.callTool(made('A tram in the rain, reflections in the street'));
  engine.planNext({ queueMs: HOUR });
  await client.callTool(made('A lighthouse on a cliff at dusk, long exposure'));
}

describeInBrowser('the gallery', (browser) => {
  it('is pictured in all its states', async () => {
    const connected = await connect({
      clock: systemClock,
      waitSeconds: 0,
      keepImagesBytes: 1e9,
      preview: 'small',
    });
    const { config } = connected;
    const empty = await openGallery({ ...config, dataDir: `${config.dataDir}-empty` });
    await makeJobs(connected);
    await putJobs(config, Date.now() - HOUR);
    const { url } = await openGallery(config);
    await eachPage(browser(), 'gallery', async (page, shoot, isPhone) => {
      const open = async (prompt: string) => {
        await page.goto(url);
        await page.locator('.tile .picture, .strip .opener').filter({ visible: true }).first().waitFor();
        await search(page, prompt);
        await page
          .locator(`.tile .picture[aria-label*="${prompt}"], .strip:has-text("${prompt}") .opener`)
          .first()
          .click();
        await page.locator('dialog .sidebar .heading').waitFor();
        await page.locator('dialog [aria-busy]').waitFor({ state: 'detached' });
        await page.waitForTimeout(500);
      };
      await page.goto(empty.url);
      await page.waitForTimeout(300);
      await shoot('empty');
      await page.goto(url);
      await page.locator('.tile img.loaded').first().waitFor();
      // The gallery asks after the others, which have ended.
      await expect.poll(() => page.getByText('In the queue').count()).toBe(1);
      await page.waitForTimeout(700);
      await shoot('list');
      if (!isPhone) {
        await page.locator('.tile').nth(8).hover();
        await page.waitForTimeout(200);
        await shoot('hover');
      }
      await page.evaluate('scrollTo(0, 900)');
      await page.waitForTimeout(500);
      await shoot('scrolled');
      await page.getByRole('button', { name: /^Filters/ }).click();
      await shoot('filters');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: /^Costs/ }).click();
      await page.waitForTimeout(200);
      await shoot('costs');
      await page.keyboard.press('Escape');
      await search(page, 'nothing like this');
      await shoot('nothing-fits');
      for (const [state, prompt] of Object.entries(OPENED)) {
        await open(prompt);
        await shoot(`viewer-${state}`);
      }
      await open('sunset, gouache');
      await page.locator('dialog').getByRole('button', { name: 'Copy', exact: true }).click();
      await shoot('viewer-menu');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Delete');
      await shoot('viewer-delete');
      await page.route('**/events', (route) => route.abort());
      await page.goto(url);
      await page.getByText('The gallery has ended').waitFor();
      await shoot('ended');
      await page.unrouteAll();
    });
  });
});

async function search(page: Page, words: string): Promise<void> {
  await page.getByRole('searchbox').fill(words);
  await page.waitForTimeout(150);
}

/** What is opened, by its prompt. */
const OPENED = {
  picture: 'sunset, gouache',
  edit: 'Take the boats away',
  several: 'Four lanterns',
  video: 'A paper boat',
  audio: 'Rain on a tin roof',
  '3d': 'A snail to print',
  foreign: 'A teapot shaped',
  gone: 'A fish on',
  waiting: 'A lighthouse on a cliff at dusk',
  running: 'A tram in the rain',
  failed: 'A portrait of a celebrity',
  cancelled: 'A cat on a bookshelf',
  unknown: 'A dog on a bookshelf',
};
