import sharp from 'sharp';
import { expect, it } from 'vitest';
import { describeInBrowser } from '../support/browser.ts';
import { finishAll } from '../support/calls.ts';
import { type Connected, connect } from '../support/program.ts';
import { SHOWS_VIEWS, type ShownView, showView } from '../support/view.ts';

const TOOL = 'gpt_image_2_text_to_image';
const INPUT = { prompt: 'A lighthouse on a cliff at sunset' };
const WIDE = { ...INPUT, aspect_ratio: '3:2' };
const HOURS = 3_600_000;

const start = (options: Parameters<typeof connect>[0] = {}) =>
  connect({ clientCapabilities: SHOWS_VIEWS, ...options });
const make = ({ client }: Connected, input: Record<string, unknown> = INPUT, name = TOOL) =>
  client.callTool({ name, arguments: input });

/** An answer with such pictures, as a hostile service could bring about. */
const answer = (images: object[], more: object = {}) => ({
  content: [{ type: 'text', text: 'An answer' }],
  structuredContent: { request_id: 'r', model: 'm', status: 'succeeded', images, ...more },
});

/** The mean colour of what is seen of an element, and how much its pixels differ. */
async function colours(locator: ReturnType<ShownView['view']['locator']>) {
  const { channels } = await sharp(await locator.screenshot())
    .removeAlpha()
    .stats();
  return { mean: channels.map(({ mean }) => mean), spread: Math.max(...channels.map(({ stdev }) => stdev)) };
}

describeInBrowser('the view', (browser) => {
  it('paints the picture in its proportions, light and dark', async () => {
    const connected = await start();
    const result = await make(connected, WIDE);
    const { view, page, finish } = await showView(browser(), connected.client, { input: WIDE });
    await expect.poll(() => view.locator('.state').textContent()).toBe('Submitted');
    await finish(result);
    const image = view.locator('img.loaded');
    await image.waitFor();
    const { width = 0, height = 1 } = (await image.boundingBox()) ?? {};
    expect(width / height).toBeCloseTo(1.5, 1);
    expect((await colours(image)).spread).toBeGreaterThan(30);
    const text = await view.locator('.card').textContent();
    for (const told of [WIDE.prompt, 'GPT Image 2', '1024 × 683', ' s', 'cost not reported'])
      expect(text).toContain(told);
    const back = async () => (await colours(view.locator('.note'))).mean[0] ?? 0;
    expect(await back()).toBeGreaterThan(200);
    await page.evaluate("window.bridge.sendHostContextChange({ theme: 'dark' })");
    await expect.poll(back).toBeLessThan(80);
    const dark = await showView(browser(), connected.client, { theme: 'dark' });
    expect((await colours(dark.view.locator('.prompt'))).mean[0]).toBeLessThan(80);
  });

  it('opens and copies the URL through the host', async () => {
    const connected = await start();
    const result = await make(connected);
    const [{ url }] = (result.structuredContent as { images: [{ url: string }] }).images;
    const { view, finish, asked } = await showView(browser(), connected.client);
    await finish(result);
    await view.getByRole('link', { name: 'Open' }).click();
    await expect.poll(async () => (await asked()).opened).toEqual([url]);
    await view.getByRole('button', { name: 'Copy URL' }).click();
    await view.getByRole('button', { name: /Copied|Not allowed here/ }).waitFor();
  });

  it('shows where a job stands while it is under way, and its picture when it is done', async () => {
    const connected = await start({ waitSeconds: 0 });
    connected.sandbox.engine.planNext({ queueMs: HOURS });
    const handedOver = await make(connected);
    const { view, finish, calls, asked } = await showView(browser(), connected.client, { input: INPUT });
    await view.getByText('In the queue, position 1').waitFor();
    expect(calls).toEqual([{ name: 'peek_image_job', arguments: { tool: TOOL, arguments: INPUT } }]);
    await finish(handedOver);
    finishAll(connected.sandbox);
    await view.locator('img.loaded').waitFor();
    const { request_id } = handedOver.structuredContent as { request_id: string };
    expect(calls.at(-1)).toEqual({ name: 'peek_image_job', arguments: { request_id } });
    // The model was told of the hand-over only.
    await expect.poll(async () => JSON.stringify((await asked()).told)).toContain('1 image by');
  });

  it('makes a variation by the same call, once it is confirmed, with another seed where there is one', async () => {
    const connected = await start();
    const tool = 'imagineart_1_5_preview_text_to_image';
    const input = { prompt: 'a fox', seed: 7 };
    const result = await make(connected, input, tool);
    const { view, finish, calls, asked } = await showView(browser(), connected.client, { tool, input });
    await finish(result);
    const ask = view.getByRole('button', { name: 'Make a variation' });
    await ask.press('Enter');
    await view.getByText('This is a new job, which is paid for.').waitFor();
    await view.getByRole('button', { name: 'Submit it' }).press('Escape');
    await ask.press('Enter');
    expect(connected.sandbox.engine.jobs).toHaveLength(1);
    await view.getByRole('button', { name: 'Submit it' }).press('Enter');
    await expect.poll(() => view.locator('img.loaded').count()).toBe(2);
    const call = calls.find(({ name }) => name === tool);
    expect(call?.arguments).toEqual({ prompt: 'a fox', seed: expect.any(Number) });
    expect(call?.arguments.seed).not.toBe(7);
    expect(connected.sandbox.engine.jobs).toHaveLength(2);
    await expect.poll(async () => (await asked()).told).toHaveLength(1);
  });

  it('makes a variation of a job that was handed over, not the same picture again', async () => {
    const connected = await start({ waitSeconds: 0 });
    const handedOver = await make(connected);
    finishAll(connected.sandbox);
    const { view, finish } = await showView(browser(), connected.client, { input: INPUT });
    await finish(handedOver);
    await view.locator('img.loaded').waitFor();
    await view.getByRole('button', { name: 'Make a variation' }).click();
    await view.getByRole('button', { name: 'Submit it' }).click();
    await expect.poll(() => connected.sandbox.engine.jobs.length).toBe(2);
  });

  it('shows an error in its words, and lets it be tried again', async () => {
    const connected = await start();
    connected.sandbox.engine.planNext({ outcome: 'failed', error: '<img src=x onerror=alert(1)> no' });
    const result = await make(connected);
    const { view, page, finish } = await showView(browser(), connected.client, { input: INPUT });
    page.on('dialog', () => expect.unreachable('a script ran'));
    await finish(result);
    await expect.poll(() => view.getByRole('alert').textContent()).toContain('failed: "<img src=x onerror');
    expect(await view.locator('img').count()).toBe(0);
    await view.getByRole('button', { name: 'Try again' }).waitFor();
  });

  it('says so where the host does not carry out the call', async () => {
    const connected = await start();
    const shown = await showView(browser(), connected.client, {
      input: INPUT,
      decline: TOOL,
    });
    await shown.finish(await make(connected));
    await shown.view.getByRole('button', { name: 'Make a variation' }).click();
    await shown.view.getByRole('button', { name: 'Submit it' }).click();
    await shown.view.getByText(/The host did not finish the call: .*declined/).waitFor();
    await shown.page.evaluate("window.bridge.sendToolCancelled({ reason: 'user' })");
  });

  it('loads and links nothing that is not trusted', async () => {
    const connected = await start();
    const prompt = '<script>alert(1)</script>‮evil';
    const { view, page, finish, asked } = await showView(browser(), connected.client, { input: { prompt } });
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('dialog', () => expect.unreachable('a script ran'));
    await finish(
      answer([
        { url: 'https://evil.example/a.png', trusted: false },
        { url: 'javascript:alert(1)' },
        { url: '"><img src=x onerror=alert(1)>' },
        { url: 'data:text/html,<script>alert(1)</script>' },
      ]),
    );
    await expect.poll(() => view.locator('code').allTextContents()).toHaveLength(4);
    expect(await view.locator('img, a').count()).toBe(0);
    expect(await view.locator('.prompt').textContent()).toBe(prompt);
    expect(requests).toEqual([]);
    expect((await asked()).opened).toEqual([]);
  });

  it('falls back on the preview, and then on words, where the picture cannot be loaded', async () => {
    const connected = await start();
    const gone = 'http://127.0.0.1:9/gone.png';
    const first = await showView(browser(), connected.client);
    await first.finish(answer([{ url: gone }]));
    await first.view.getByText('The image cannot be shown here.').waitFor();
    await first.view.getByRole('link', { name: 'Open' }).waitFor();
    const png = await sharp({ create: { width: 30, height: 20, channels: 3, background: '#a30' } })
      .png()
      .toBuffer();
    const second = await showView(browser(), connected.client);
    const preview = { type: 'image', mimeType: 'image/png', data: png.toString('base64') };
    await second.finish({ ...answer([{ url: gone, width: 3000, height: 2000 }]), content: [preview] });
    await second.view.locator('img.loaded').waitFor();
    expect(await second.view.locator('.size').textContent()).toBe('3000 × 2000');
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
