import { expect, it } from 'vitest';
import { describeInBrowser } from '../support/browser.ts';
import { promised } from '../support/calls.ts';
import { connect } from '../support/program.ts';
import { ALL, answer, SHOWS_VIEWS, showView } from '../support/view.ts';

const TOOL = 'gpt_image_2_text_to_image';
const INPUT = { prompt: 'A lighthouse on a cliff at sunset' };
const CALL = { name: TOOL, arguments: INPUT };
const VIDEO = 'https://playgrounds-storage-public.runcomfy.net';
const EVIL = '<img src=x onerror=alert(1)><b>';

const start = () => connect({ clientCapabilities: SHOWS_VIEWS });

/** What a peek tells of a job that is done. */
const peeked = (more: object) => ({
  ...answer([{ url: 'http://127.0.0.1:9/gone.png', handle: 'job:r' }]),
  structuredContent: {
    ...answer([{ url: 'http://127.0.0.1:9/gone.png', handle: 'job:r' }]).structuredContent,
    ...{ tool: TOOL, arguments: INPUT, title: 'GPT Image 2', ...more },
  },
});

describeInBrowser('the view, attacked or in a hurry,', (browser) => {
  it('pays once for a double click, and tells the exact range beforehand', async () => {
    const connected = await start();
    const made = await connected.client.callTool(CALL);
    const estimate = { low: 0.034, median: 0.041, high: 0.06 };
    const { url } = (made.structuredContent as { images: { url: string }[] }).images[0] as { url: string };
    const onCall = (name: string) =>
      name === 'peek_image_job' ? peeked({ estimate, images: [{ url }] }) : undefined;
    const { view, finish, calls } = await showView(browser(), connected.client, { input: INPUT, onCall });
    await finish(made);
    await view.getByRole('button', { name: 'Make a variation' }).dblclick();
    await view.getByText('A new picture, about $0.041 ($0.034 to $0.06).').waitFor();
    // Faster than any hand, which would hit what moves under it.
    await view.getByRole('button', { name: 'Make it' }).evaluate((button: HTMLElement) => {
      button.click();
      button.click();
    });
    await expect.poll(() => connected.sandbox.engine.jobs.length).toBe(2);
    await expect.poll(() => view.locator('img.loaded').count()).toBe(2);
    expect(calls.filter(({ name }) => name === TOOL)).toHaveLength(1);
  });

  it('warns before it pays again for what the host did not answer, and does not by itself', async () => {
    const connected = await start();
    const { client, sandbox } = connected;
    const made = await client.callTool(CALL);
    let refusals = 0;
    const onCall = (name: string) => {
      if (name !== TOOL) return undefined;
      refusals += 1;
      // It was submitted, then the host failed.
      return client.callTool(CALL).then(() => Promise.reject(new Error('the host failed')));
    };
    const { view, finish } = await showView(browser(), client, { input: INPUT, onCall });
    await finish(made);
    await view.getByRole('button', { name: 'Make a variation' }).click();
    await view.getByRole('button', { name: 'Make it' }).click();
    await view.getByText('The chat app stopped this.').waitFor();
    expect(await view.getByText('RunComfy could not').count()).toBe(0);
    await view.getByRole('button', { name: 'Try again' }).click();
    await view.getByText('It may have been made already. A new picture').waitFor();
    await view.getByRole('button', { name: 'Not now' }).click();
    expect([refusals, sandbox.engine.jobs.length]).toEqual([1, 2]);
  });

  it('keeps the focus on a button while the others come', async () => {
    const { client } = await start();
    const { promise, resolve } = promised();
    const onCall = (name: string) => (name === 'peek_image_job' ? promise.then(() => peeked({})) : undefined);
    const { view, finish } = await showView(browser(), client, { input: INPUT, onCall });
    await finish(await client.callTool(CALL));
    const copying = view.getByRole('button', { name: 'Copy prompt' });
    await copying.focus();
    resolve();
    await view.getByRole('button', { name: 'Make a variation' }).waitFor();
    expect(await copying.evaluate((button) => button === button.ownerDocument.activeElement)).toBe(true);
  });

  it('tells and shows nothing of a call once the frame shows another', async () => {
    const { client } = await start();
    const { promise, resolve } = promised();
    const late = { ...peeked({}), content: [{ type: 'text', text: 'A late end' }] };
    const onCall = (name: string) => (name === 'peek_image_job' ? promise.then(() => late) : undefined);
    const shown = await showView(browser(), client, { input: INPUT, onCall, can: ALL });
    await shown.finish(answer([], { status: 'in_progress' }));
    await expect.poll(() => shown.calls.length).toBe(1);
    await shown.send("sendToolInput({ arguments: { prompt: 'A lamp' } })");
    await shown.view.getByText('A lamp', { exact: true }).waitFor();
    await shown.finish(answer([], { status: 'cancelled', request_id: undefined }));
    resolve();
    await shown.view.getByText('Cancelled. Nothing was made or charged.').waitFor();
    expect(JSON.stringify((await shown.asked()).told)).not.toContain('A late end');
    expect(await shown.view.getByText(INPUT.prompt).count()).toBe(0);
  });

  it('plays the one of several videos that is picked', async () => {
    const { client } = await start();
    const { view, page, finish } = await showView(browser(), client, { input: INPUT, can: {} });
    // A video that loads for ever has not failed.
    await page.route('**/*.mp4', () => {});
    await finish(answer(['a', 'b'].map((name) => ({ url: `${VIDEO}/${name}.mp4`, kind: 'video' }))));
    const source = () => view.locator('video').evaluate((video) => video.getAttribute('src'));
    expect(await source()).toBe(`${VIDEO}/a.mp4`);
    await view.getByRole('radio', { name: 'Picture 2 of 2' }).check();
    expect(await source()).toBe(`${VIDEO}/b.mp4`);
    await view.getByRole('link', { name: 'Open' }).waitFor();
  });

  it('makes no markup of what a prompt, a model, an error, a setting or a handle says', async () => {
    const { client } = await start();
    const input = { prompt: EVIL, [EVIL]: EVIL, list: [EVIL, { EVIL }] };
    const error = { status: 'failed', error: EVIL, images: [], title: EVIL, model: EVIL };
    const hostile = peeked({ ...error, arguments: input });
    const { view, page, finish } = await showView(browser(), client, { input, onCall: () => hostile });
    page.on('dialog', () => expect.unreachable('a script ran'));
    await finish(answer([], { status: 'failed', model: EVIL }));
    await view.locator('blockquote', { hasText: EVIL }).waitFor();
    await view.getByText('Settings').click();
    await view.locator('dt', { hasText: EVIL }).waitFor();
    expect(await view.locator('img, b').count()).toBe(0);
    await finish(answer([{ url: 'http://127.0.0.1:9/x.png', handle: EVIL, kind: EVIL }]));
    await view.getByRole('button', { name: 'Copy prompt' }).waitFor();
    expect(await view.locator('img[onerror], b').count()).toBe(0);
  });
});
