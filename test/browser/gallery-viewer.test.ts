import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { expectAccessible } from '../support/axe.ts';
import { describeInBrowser } from '../support/browser.ts';
import { openViewer } from '../support/viewer.ts';

const THREE = ['a red fox', 'a late owl', 'a grey heron'];
const CAT = 'https://playgrounds-storage-public.runcomfy.net/samples/cat.png?token=1';
const HOSTILE = '<img src=x onerror=alert(1)>\n"quotes" `ticks` \u202e</script><b>bold</b>';

describeInBrowser('the viewer of the gallery', (browser) => {
  it('leafs through pictures by keys and buttons, and says which one is shown', async () => {
    const { page, viewer, counter, button } = await openViewer(browser(), THREE);
    await expect.poll(() => counter.textContent()).toBe('1 of 3');
    expect(await button('Previous').isVisible()).toBe(false);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => viewer.locator('.said').textContent()).toBe('Picture 2 of 3: a late owl');
    expect(await viewer.getAttribute('aria-label')).toBe('a late owl');
    await button('Next').click();
    await expect.poll(() => counter.textContent()).toBe('3 of 3');
    // There is no picture after the last.
    await page.keyboard.press('ArrowRight');
    expect(await counter.textContent()).toBe('3 of 3');
    await page.keyboard.press('Home');
    await expect.poll(() => counter.textContent()).toBe('1 of 3');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => counter.textContent()).toBe('2 of 3');
    expect(page.url()).toContain('show=');
    await page.keyboard.press('Escape');
    await expect.poll(() => viewer.isVisible()).toBe(false);
    await expect.poll(() => page.url()).not.toContain('show=');
    await expect
      .poll(() => page.locator('.picture:focus').getAttribute('aria-label'))
      .toContain('a late owl');
  });

  it('shows the whole picture as large as fits, and the original once it is there', async () => {
    const wide = { name: 'gpt_image_2_text_to_image', prompt: 'a caravan', aspect_ratio: '21:9' };
    const tall = { ...wide, prompt: 'a tower', aspect_ratio: '9:16' };
    const { page, viewer, original } = await openViewer(browser(), [wide, tall]);
    for (const aspect of [9 / 16, 1024 / 439]) {
      await expect.poll(() => original.getAttribute('src')).toContain('originals/');
      const shown = await original.boundingBox();
      const stage = await viewer.locator('.stage').boundingBox();
      if (!shown || !stage) return expect.unreachable();
      expect(shown.width / shown.height).toBeCloseTo(aspect, 2);
      expect(Math.min(stage.width - shown.width, stage.height - shown.height)).toBeLessThan(26);
      expect(Math.min(shown.x - stage.x, shown.y - stage.y)).toBeGreaterThanOrEqual(0);
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => viewer.locator('.counter').textContent()).toBe('2 of 2');
    }
  });

  it('tells all that is known of a picture, and opens what it was made from', async () => {
    const { page, viewer, client, config, path } = await openViewer(browser(), [
      { name: 'gpt_image_2_text_to_image', prompt: 'a fox', resolution: '2k' },
    ]);
    const listed = await client.callTool({ name: 'list_image_jobs', arguments: {} });
    const [job] = (listed.structuredContent as { jobs: { request_id: string }[] }).jobs;
    const handle = `job:${job?.request_id}#1`;
    await client.callTool({
      name: 'save_images',
      arguments: { images: [handle] },
    });
    await client.callTool({
      name: 'gpt_image_1_5_image_to_image',
      arguments: {
        prompt: 'first line\nsecond',
        image_urls: [handle, CAT],
      },
    });
    await client.callTool({
      name: 'run_image_model',
      arguments: {
        model: 'blackforestlabs/flux-1/dev-lora/text-to-image',
        input: { prompt: 'x', lora: { path: 'p.safetensors', scale: 0.8 }, guidance_scale: 4 },
      },
    });
    await page.goto(path(''));
    await page.locator('.tile .picture').first().click();
    const panel = viewer.locator('.sidebar');
    await expect.poll(() => panel.textContent()).toContain('path: p.safetensors\nscale: 0.8');
    expect(await panel.textContent()).toContain('Guidance scale4');
    expect(await panel.textContent()).toContain('$0.035');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => panel.textContent()).toContain('first line\nsecond');
    await expect.poll(() => panel.textContent()).toContain(`cat.png${CAT}`);
    expect(await panel.textContent()).toMatch(/GPT Image 1\.5: image to image.*1024 × 1024, PNG, \d+ kB/s);
    await panel.getByRole('button', { name: 'Open the picture that it was made from' }).click();
    await expect.poll(() => viewer.getAttribute('aria-label')).toBe('a fox');
    await expect.poll(() => panel.textContent()).toContain('Resolution2k');
    expect(await panel.textContent()).toContain(`Saved${config.outputDir}/`);
    expect(await panel.textContent()).toContain('On this machine');
  });

  it('downloads the original', async () => {
    const { page, button, viewer } = await openViewer(browser(), ['a red fox']);
    for (const start of [
      () => viewer.getByRole('link', { name: 'Download' }).click(),
      () => page.keyboard.press('d'),
    ]) {
      const [download] = await Promise.all([page.waitForEvent('download'), start()]);
      const data = readFileSync(await download.path());
      expect(data.subarray(1, 4).toString()).toBe('PNG');
    }
    expect(await button('Close').isVisible()).toBe(true);
  });

  it('shows what comes from outside as text', async () => {
    const { viewer, page } = await openViewer(browser(), [HOSTILE]);
    await expect.poll(() => viewer.locator('.prompt').textContent()).toBe(HOSTILE);
    expect(await viewer.locator('b').count()).toBe(0);
    expect(await page.locator('img[src="x"]').count()).toBe(0);
  });

  it.each(['light', 'dark'] as const)('has nothing that axe finds serious (%s)', async (colorScheme) => {
    const { page, viewer, original, button } = await openViewer(browser(), THREE, { colorScheme });
    await original.waitFor();
    await viewer.getByText('On this machine').waitFor();
    await expectAccessible(page);
    await button('Copy').click();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Delete');
    await expectAccessible(page);
  });
});
