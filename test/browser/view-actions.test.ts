import { expect, it } from 'vitest';
import { expectAccessible } from '../support/axe.ts';
import { describeInBrowser } from '../support/browser.ts';
import { finishAll } from '../support/calls.ts';
import { type Connected, connect } from '../support/program.ts';
import { ALL, answer, SHOWS_VIEWS, showView } from '../support/view.ts';

const TOOL = 'gpt_image_2_text_to_image';
const INPUT = { prompt: 'A lighthouse on a cliff at sunset' };
const HOURS = 3_600_000;

const start = (options: Parameters<typeof connect>[0] = {}) =>
  connect({ clientCapabilities: SHOWS_VIEWS, ...options });
const make = ({ client }: Connected, input: Record<string, unknown> = INPUT, name = TOOL) =>
  client.callTool({ name, arguments: input });
const firstOf = (result: object) =>
  (result as { structuredContent: { images: { url: string; handle: string }[] } }).structuredContent
    .images[0] as { url: string; handle: string };

describeInBrowser('the buttons of the view', (browser) => {
  it('save a picture in the best way that the host has', async () => {
    const connected = await start();
    const result = await make(connected);
    const { url } = firstOf(result);
    const ways: [can: object, declines: string[], said: RegExp][] = [
      [ALL, [], /Saved to your downloads/],
      [ALL, ['download'], /Saved as .*\.png/],
      [ALL, ['download', 'save_images'], /Opened in your browser/],
      [{}, [], /link is copied|cannot be saved/],
    ];
    for (const [can, declines, said] of ways) {
      const { view, finish, asked } = await showView(browser(), connected.client, { can, declines });
      await finish(result);
      await view.getByRole('button', { name: 'Save' }).click();
      await view.getByText(said).waitFor();
      const { downloads, opened } = await asked();
      expect(JSON.stringify([downloads, opened]).includes(url)).toBe(
        /downloads|browser/.test(said.source) && can === ALL,
      );
    }
  });

  it('hand the agent what should change, in the best way that the host has', async () => {
    const connected = await start();
    const result = await make(connected);
    const wish = `Edit the picture ${firstOf(result).handle}: make it night`;
    const ways: [can: object, declines: string[], said: RegExp][] = [
      [ALL, [], /Sent to the chat/],
      [ALL, ['message'], /tell the agent in the chat to go on/],
      [{}, [], /paste it into the chat|Write this into the chat/],
    ];
    for (const [can, declines, said] of ways) {
      const { view, finish, asked } = await showView(browser(), connected.client, { can, declines });
      await finish(result);
      await view.getByRole('button', { name: 'Edit this' }).click();
      await view.getByRole('textbox', { name: 'What should change?' }).fill('make it night');
      await view.getByRole('textbox').press('Enter');
      await view.getByText(said).waitFor();
      const { messages, told } = await asked();
      expect(JSON.stringify([messages, told]).includes(wish)).toBe(can === ALL);
    }
  });

  it('cancel a job that is queued, and say so of one that has begun', async () => {
    const connected = await start({ waitSeconds: 0 });
    connected.sandbox.engine.planNext({ queueMs: HOURS });
    const queued = await make(connected);
    const first = await showView(browser(), connected.client, { input: INPUT });
    await first.finish(queued);
    await first.view.getByRole('button', { name: 'Cancel' }).click();
    await first.view.getByText('Cancelled. Nothing was made or charged.').waitFor();
    await expect.poll(async () => JSON.stringify((await first.asked()).told)).toContain('never ran');
    expect(connected.sandbox.engine.jobs.map(({ cancelledAt }) => cancelledAt)).not.toContain(undefined);
    const begun = { ...answer([]), structuredContent: { outcome: 'still_running' } };
    const onCall = (name: string) => (name === 'cancel_image_job' ? begun : undefined);
    const second = await showView(browser(), connected.client, { onCall });
    await second.finish(answer([], { status: 'in_queue', queue_position: 1 }));
    await second.view.getByRole('button', { name: 'Cancel' }).click();
    await second.view.getByText('It has begun, so it cannot be cancelled any more.').waitFor();
  });

  it('make a variation by the same call, once its price is confirmed, with another seed where there is one', async () => {
    const connected = await start();
    const tool = 'imagineart_1_5_preview_text_to_image';
    const input = { prompt: 'a fox', seed: 7 };
    const result = await make(connected, input, tool);
    const { view, page, finish, calls, asked } = await showView(browser(), connected.client, { tool, input });
    await finish(result);
    const ask = view.getByRole('button', { name: 'Make a variation' });
    await ask.press('Enter');
    await view.getByText(/^A new picture, /).waitFor();
    await expectAccessible(page.frames()[1] ?? page);
    await view.getByRole('button', { name: 'Make it' }).press('Escape');
    await ask.press('Enter');
    expect(connected.sandbox.engine.jobs).toHaveLength(1);
    await view.getByRole('button', { name: 'Make it' }).press('Enter');
    await expect.poll(() => view.locator('img.loaded').count()).toBe(2);
    const call = calls.find(({ name }) => name === tool);
    expect(call?.arguments).toEqual({ prompt: 'a fox', seed: expect.any(Number) });
    expect(call?.arguments.seed).not.toBe(7);
    expect(connected.sandbox.engine.jobs).toHaveLength(2);
    await expect.poll(async () => (await asked()).told).toHaveLength(1);
  });

  it('make a variation of a job that was handed over, or of another model, not the same picture again', async () => {
    const connected = await start({ waitSeconds: 0 });
    const input = { model: 'openai/gpt-image-2/text-to-image', input: INPUT };
    const handedOver = await make(connected, input, 'run_image_model');
    finishAll(connected.sandbox);
    const { view, finish } = await showView(browser(), connected.client, { tool: 'run_image_model', input });
    await view.getByText(INPUT.prompt).waitFor();
    await finish(handedOver);
    await view.locator('img.loaded').waitFor();
    await view.getByRole('button', { name: 'Make a variation' }).click();
    await view.getByRole('button', { name: 'Make it' }).click();
    await expect.poll(() => connected.sandbox.engine.jobs.length).toBe(2);
  });

  it('offer another prompt for one that was refused as unsafe, not the same again', async () => {
    const connected = await start();
    connected.sandbox.engine.planNext({ outcome: 'failed' });
    const result = await make(connected);
    const { view, finish, page } = await showView(browser(), connected.client, { input: INPUT });
    // Some hosts pass no _meta on.
    await finish({ ...result, _meta: undefined });
    await view.getByText('RunComfy found this unsafe and did not make it.').waitFor();
    await expectAccessible(page.frames()[1] ?? page);
    expect(await view.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    await view.getByRole('button', { name: 'Edit the prompt' }).click();
    await view.getByRole('textbox', { name: 'Prompt' }).fill('A lamp');
    await view.getByRole('button', { name: 'Make it' }).click();
    await view.locator('img.loaded').waitFor();
    expect(connected.sandbox.engine.jobs[1]?.input.prompt).toBe('A lamp');
  });
});
