import { expect, it } from 'vitest';
import { describeInBrowser } from '../support/browser.ts';
import { openViewer } from '../support/viewer.ts';

const THREE = ['a red fox', 'a late owl', 'a grey heron'];
const AUDIO = {
  name: 'run_image_model',
  model: 'stability/stable-audio-2/text-to-audio',
  input: { prompt: 'rain' },
};
const VIDEO = { ...AUDIO, model: 'alibaba/wan-2-6/text-to-video', input: { prompt: 'a boat' } };

describeInBrowser('the viewer while things change', (browser) => {
  it('never shows the details of an earlier picture for a later one', async () => {
    const { page, viewer, path } = await openViewer(browser(), THREE);
    const panel = viewer.locator('.sidebar');
    await panel.getByText('On this machine').waitFor();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let answered = 0;
    await page.route(path('jobs/*'), async (route) => {
      const response = await route.fetch();
      const details = await response.json();
      if (details.prompt === 'a late owl') await held;
      await route.fulfill({ response });
      answered += 1;
    });
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => panel.textContent()).toMatch(/a red fox.*On this machine/);
    release();
    await expect.poll(() => answered).toBe(2);
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 50))');
    expect(await panel.textContent()).toContain('a red fox');
  });

  it('moves on from a picture that is deleted elsewhere, and says so once there is no other', async () => {
    const { page, viewer, counter } = await openViewer(browser(), ['a red fox', 'a late owl']);
    const remove = `fetch('jobs').then((got) => got.json()).then(([job]) => fetch('jobs/' + job.id, { method: 'DELETE' }))`;
    await page.evaluate(remove);
    await expect.poll(() => viewer.getAttribute('aria-label')).toBe('a red fox');
    await viewer.getByText('This picture was deleted.').waitFor();
    await expect.poll(() => counter.textContent()).toBe('1 of 1');
    await page.evaluate(remove);
    await viewer.locator('.blank').getByText('This picture was deleted.').waitFor();
    expect(await viewer.getByRole('button', { name: 'Favourite' }).count()).toBe(0);
    await page.keyboard.press('Escape');
    await expect.poll(() => viewer.isVisible()).toBe(false);
  });

  it('shows what changes elsewhere', async () => {
    const { page, button } = await openViewer(browser(), ['a red fox']);
    await page.evaluate(
      `fetch('jobs').then((got) => got.json()).then(([job]) => fetch('jobs/' + job.id + '/favourite', { method: 'PUT' }))`,
    );
    await expect.poll(() => button('Favourite').getAttribute('aria-pressed')).toBe('true');
  });

  it('says why a picture cannot be shown, and tries again', async () => {
    const { page, viewer, path, original } = await openViewer(browser(), THREE);
    await original.waitFor();
    const problem = { error: 'RunComfy did not answer.', reason: 'network' };
    await page.route(path('originals/**'), (route) => route.fulfill({ status: 502, json: problem }));
    await page.keyboard.press('End');
    // The small one is there.
    await viewer.getByText('Only this small version can be shown. RunComfy did not answer.').waitFor();
    await page.route(path('pictures/**'), (route) => route.fulfill({ status: 502, json: problem }));
    await page.reload();
    await viewer.getByText('It could not be loaded').waitFor();
    await viewer.getByText('RunComfy did not answer.').waitFor();
    await page.unrouteAll();
    await viewer.getByRole('button', { name: 'Try again' }).click();
    await original.waitFor();
  });

  it('plays a sound in place, leaves it its keys, and stops it when one moves on', async () => {
    const { page, viewer, counter, button } = await openViewer(browser(), ['a red fox', VIDEO, AUDIO]);
    const audio = viewer.locator('audio');
    const state = (name: string) => audio.evaluate((element, key) => Reflect.get(element, key), name);
    await expect.poll(() => state('duration')).toBeCloseTo(1, 1);
    await page.evaluate(`window.audio = document.querySelector('audio'); audio.loop = true; audio.play()`);
    await expect.poll(() => state('currentTime')).toBeGreaterThan(0);
    await audio.focus();
    await page.keyboard.press('ArrowRight');
    expect(await counter.textContent()).toBe('1 of 3');
    await button('Next').click();
    await expect.poll(() => page.evaluate('window.audio.paused')).toBe(true);
    // The sandbox's videos have no frames.
    await viewer.getByText('It cannot be played').waitFor();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => counter.textContent()).toBe('3 of 3');
  });
});
