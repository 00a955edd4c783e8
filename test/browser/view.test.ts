import sharp from 'sharp';
import { expect, it } from 'vitest';
import { expectAccessible } from '../support/axe.ts';
import { describeInBrowser } from '../support/browser.ts';
import { finishAll } from '../support/calls.ts';
import { type Connected, connect } from '../support/program.ts';
import { answer, colours, SHOWS_VIEWS, showView } from '../support/view.ts';

const TOOL = 'gpt_image_2_text_to_image';
const INPUT = { prompt: 'A lighthouse on a cliff at sunset' };
const WIDE = { ...INPUT, aspect_ratio: '3:2' };
const HOURS = 3_600_000;

const start = (options: Parameters<typeof connect>[0] = {}) =>
  connect({ clientCapabilities: SHOWS_VIEWS, ...options });
const make = ({ client }: Connected, input: Record<string, unknown> = INPUT, name = TOOL) =>
  client.callTool({ name, arguments: input });

describeInBrowser('the view', (browser) => {
  it('paints the picture in its proportions, light and dark', async () => {
    const connected = await start();
    const result = await make(connected, WIDE);
    const { view, page, finish } = await showView(browser(), connected.client, { input: WIDE });
    await view.getByText('Getting started').waitFor();
    await finish(result);
    const image = view.locator('img.loaded');
    await image.waitFor();
    const { width = 0, height = 1 } = (await image.boundingBox()) ?? {};
    expect(width / height).toBeCloseTo(1.5, 1);
    expect((await colours(image)).spread).toBeGreaterThan(30);
    await view.getByText('Settings').click();
    // biome-ignore lint/performance/useDomNodeTextContent: without what is hidden
    const text = await view.locator('.card').innerText();
    for (const told of [WIDE.prompt, 'GPT Image 2', ' s', 'spect ratio', '3:2']) expect(text).toContain(told);
    // Words for agents are none for people.
    expect(text).not.toMatch(/job:|request_id|save_images|gpt_image/);
    const back = async () => (await colours(view.locator('.prompt'))).mean[0] ?? 0;
    expect(await back()).toBeGreaterThan(200);
    await page.evaluate("window.bridge.sendHostContextChange({ theme: 'dark' })");
    await expect.poll(back).toBeLessThan(80);
  });

  it('shows where a job stands while it is under way, and its picture when it is done', async () => {
    const connected = await start({ waitSeconds: 0 });
    connected.sandbox.engine.planNext({ queueMs: HOURS });
    const handedOver = await make(connected);
    const shown = await showView(browser(), connected.client, { input: INPUT });
    const { view, finish, calls, asked } = shown;
    await view.getByText('Next in the queue').waitFor();
    expect(calls).toEqual([{ name: 'peek_image_job', arguments: { tool: TOOL, arguments: INPUT } }]);
    await finish(handedOver);
    finishAll(connected.sandbox);
    await view.locator('img.loaded').waitFor();
    const { request_id } = handedOver.structuredContent as { request_id: string };
    expect(calls.at(-1)).toEqual({ name: 'peek_image_job', arguments: { request_id } });
    // The model was told of the hand-over only.
    await expect.poll(async () => JSON.stringify((await asked()).told)).toContain('1 image by');
  });

  it('shows the time that a job takes as a bar that never ends before the job does', async () => {
    const connected = await start();
    const running = (seconds: number) => ({
      ...answer([], { status: 'in_progress', running_seconds: seconds, expected_seconds: 400 }),
    });
    const { view, finish } = await showView(browser(), connected.client, { input: INPUT, can: {} });
    const bar = view.getByRole('progressbar');
    await finish(running(200));
    // It goes on meanwhile.
    await view.getByText(/^3 min \d+ s of about 6 min 40 s$/).waitFor();
    const done = () => bar.evaluate((element) => Number(element.getAttribute('value')));
    expect(await done()).toBeGreaterThan(0.4);
    expect(await done()).toBeLessThan(0.6);
    await finish(running(4_000));
    await view.getByText(/^6\d min \d+ s, longer than usual$/).waitFor();
    expect(await done()).toBeLessThan(1);
    await finish(answer([], { status: 'in_queue', queue_position: 3, expected_seconds: 40 }));
    await view.getByText('Number 3 in the queue').waitFor();
    await view.getByText('about 40 s once it starts').waitFor();
    expect(await bar.getAttribute('value')).toBeNull();
  });

  it('gives a tall picture no bars, and no more height than the host has', async () => {
    const connected = await start();
    const input = { ...INPUT, aspect_ratio: '9:16' };
    const result = await make(connected, input);
    const context = { containerDimensions: { maxHeight: 400 } };
    const { view, page, finish } = await showView(browser(), connected.client, { input, context });
    await finish(result);
    const image = view.locator('img.loaded');
    await image.waitFor();
    for (const width of [720, 360]) {
      await page.setViewportSize({ width, height: 900 });
      const [frame, inner] = [await view.locator('.frame').boundingBox(), await image.boundingBox()];
      expect(frame?.width).toBeCloseTo(inner?.width ?? 0, 0);
      expect(inner?.height).toBeLessThanOrEqual(400);
      expect((inner?.width ?? 0) / (inner?.height ?? 1)).toBeCloseTo(9 / 16, 1);
    }
  });

  it('lets one of several pictures be picked, by keys too', async () => {
    const connected = await start();
    const urls = await Promise.all(
      ['one', 'two', 'three'].map(async (prompt) => {
        const result = await make(connected, { prompt });
        return (result.structuredContent as { images: { url: string }[] }).images[0]?.url ?? '';
      }),
    );
    const { view, finish, asked } = await showView(browser(), connected.client, { input: INPUT });
    await finish(answer(urls.map((url, index) => ({ url, handle: `job:r#${index + 1}` }))));
    await expect.poll(() => view.locator('img.loaded').count()).toBe(3);
    await view.getByRole('radio', { name: 'Picture 1 of 3' }).press('ArrowRight');
    await view.getByRole('radio', { name: 'Picture 2 of 3', checked: true }).waitFor();
    await view.getByRole('link', { name: 'Open' }).click();
    await expect.poll(async () => (await asked()).opened).toEqual([urls[1]]);
    await view.getByRole('radio', { name: 'Picture 3 of 3' }).dblclick();
    await expect.poll(async () => (await asked()).opened).toEqual([urls[1], urls[2]]);
  });

  it('shows a batch by the numbers of its pictures, with those that wait or failed', async () => {
    const connected = await start({ waitSeconds: 0 });
    const { engine } = connected.sandbox;
    engine.planNext({});
    engine.planNext({ outcome: 'failed', error: 'The sky fell' });
    engine.planNext({ queueMs: HOURS });
    const input = { jobs: [{ model: TOOL, input: INPUT, count: 3 }] };
    const shown = await showView(browser(), connected.client, { tool: 'make_images', input });
    const { view, finish, page } = shown;
    await expect.poll(() => view.getByRole('radio').count()).toBe(3);
    const handedOver = await make(connected, input, 'make_images');
    for (const job of engine.jobs.slice(0, 2)) engine.finish(job);
    await finish(handedOver);
    await view.getByText('2 of 3 done').waitFor();
    await view.getByRole('radio', { name: /^Picture . of 3: Failed/ }).click();
    await view.getByText('The sky fell').waitFor();
    await view.getByRole('radio', { name: /queue/ }).waitFor();
    await view.locator('img.loaded').waitFor();
    await expectAccessible(page.frames()[1] ?? page);
    await view.getByRole('radio', { name: /^Picture . of 3$/ }).click();
    await view.getByRole('button', { name: 'Edit this' }).waitFor();
  });

  it('falls back on the preview, on a sheet, and then on words, where a picture cannot be loaded', async () => {
    const connected = await start();
    const gone = 'http://127.0.0.1:9/gone.png';
    const first = await showView(browser(), connected.client);
    await first.finish(answer([{ url: gone }]));
    await first.view.getByText('It cannot be shown here.').waitFor();
    await first.view.getByRole('link', { name: 'Open' }).waitFor();
    const colour = { width: 30, height: 20, channels: 3 as const, background: '#a30' };
    const png = await sharp({ create: colour }).png().toBuffer();
    const preview = { type: 'image', mimeType: 'image/png', data: png.toString('base64') };
    await first.finish({ ...answer([{ url: gone, width: 3000, height: 2000 }]), content: [preview] });
    await first.view.locator('img.loaded').waitFor();
    await first.view.getByText('3000 × 2000').waitFor();
    const images = [1, 2].map((n) => ({ n, url: `${gone}?${n}`, handle: `job:${n}` }));
    await first.finish({ ...answer(images, { batch: 'batch:b', total: 2 }), content: [preview] });
    await first.view.getByAltText('All pictures on one sheet').waitFor();
  });

  it('fits into what the host gives it', async () => {
    const connected = await start();
    const result = await make(connected, { prompt: 'wide '.repeat(60), aspect_ratio: '21:9' });
    const { view, page, finish } = await showView(browser(), connected.client);
    await finish(result);
    await view.locator('img.loaded').waitFor();
    const root = view.locator('html');
    for (const width of [720, 320]) {
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(() => root.evaluate((html) => html.scrollHeight - html.clientHeight)).toBe(0);
      expect(await root.evaluate((html) => html.scrollWidth - html.clientWidth), `${width} px`).toBe(0);
    }
  });
});
