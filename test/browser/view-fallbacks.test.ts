import { expect, it } from 'vitest';
import { describeInBrowser } from '../support/browser.ts';
import { connect } from '../support/program.ts';
import { ALL, answer, SHOWS_VIEWS, showView } from '../support/view.ts';

const TOOL = 'gpt_image_2_text_to_image';
const INPUT = { prompt: 'A lighthouse on a cliff at sunset' };
const CALL = { name: TOOL, arguments: INPUT };

const start = () => connect({ clientCapabilities: SHOWS_VIEWS });
const failed = (text: string) => ({ isError: true, content: [{ type: 'text', text }] });

describeInBrowser('the view, where things go wrong,', (browser) => {
  it('shows an error in words for people, and lets it be tried again', async () => {
    const { client } = await start();
    const { view, finish } = await showView(browser(), client, { input: INPUT });
    const text = 'This may cost $0.06. Call get_balance. Nothing was charged for this call. [spend_limit]';
    await finish(failed(text));
    await view.getByText('Your spending limit is reached. Nothing was charged.').waitFor();
    expect(await view.locator('.card').textContent()).not.toMatch(/get_balance|spend_limit/);
    await view.getByRole('button', { name: 'Try again' }).click();
    await view.getByText('A new picture, price not known.').waitFor();
    await finish(failed('It is not known. It may be charged. [submit_unknown]'));
    await view.getByRole('button', { name: 'Not now' }).click();
    await view.getByRole('button', { name: 'Try again' }).click();
    await view.getByText('It may have been made already. A new picture').waitFor();
    await finish(failed('prompt is missing. [invalid_input]'));
    await view.getByText('does not fit the model').waitFor();
  });

  it('quotes what RunComfy says, as text', async () => {
    const connected = await start();
    connected.sandbox.engine.planNext({ outcome: 'failed', error: '<img src=x onerror=alert(1)> no' });
    const result = await connected.client.callTool(CALL);
    const { view, page, finish } = await showView(browser(), connected.client, { input: INPUT });
    page.on('dialog', () => expect.unreachable('a script ran'));
    await finish(result);
    await view.locator('blockquote', { hasText: '<img src=x onerror' }).waitFor();
    expect(await view.locator('img').count()).toBe(0);
  });

  it('says so where the host does not carry out a call, or stops it', async () => {
    const { client } = await start();
    const shown = await showView(browser(), client, { input: INPUT, can: ALL, declines: [TOOL] });
    await shown.finish(await client.callTool(CALL));
    await shown.view.getByRole('button', { name: 'Make a variation' }).click();
    await shown.view.getByRole('button', { name: 'Make it' }).click();
    await shown.view.getByText('The chat app stopped this.').waitFor();
    const stopped = await showView(browser(), client, { input: INPUT, can: {} });
    await stopped.send("sendToolCancelled({ reason: 'user' })");
    await stopped.view.getByText('What had begun goes on and is charged.').waitFor();
  });

  it('does not wait forever for a host that never answers', async () => {
    const { client } = await start();
    const ignores = ['download', 'save_images', 'open'];
    const { view, page, finish } = await showView(browser(), client, { can: ALL, ignores, hasClock: true });
    await finish(await client.callTool(CALL));
    const save = view.getByRole('button', { name: 'Save' });
    await save.click();
    expect(await save.getAttribute('aria-disabled')).toBe('true');
    for (let ways = 0; ways < ignores.length; ways += 1) await page.clock.runFor(181_000);
    await view.getByText(/link is copied|cannot be saved/).waitFor();
    expect(await save.getAttribute('aria-disabled')).toBeNull();
  });

  it('shows a prompt while it is written, and another call in the same frame', async () => {
    const { client } = await start();
    const { view, send, finish, calls } = await showView(browser(), client, { isDraft: true });
    await send("sendToolInputPartial({ arguments: { prompt: 'A lightho' } })");
    await view.getByText('A lightho', { exact: true }).waitFor();
    await send("sendToolInput({ arguments: { prompt: 'A lighthouse' } })");
    await view.getByText('A lighthouse', { exact: true }).waitFor();
    await finish(await client.callTool(CALL));
    await view.locator('img.loaded').waitFor();
    await send("sendToolInput({ arguments: { prompt: 'A lamp' } })");
    await view.getByText('A lamp', { exact: true }).waitFor();
    expect(await view.locator('.card').count()).toBe(1);
    expect(calls.filter(({ arguments: given }) => JSON.stringify(given).includes('lightho"'))).toEqual([]);
  });

  it('offers nothing that the host does not do', async () => {
    const { client } = await start();
    const { view, finish } = await showView(browser(), client, { input: INPUT, can: {} });
    await finish(await client.callTool(CALL));
    await view.locator('img.loaded').waitFor();
    expect(await view.getByRole('button', { name: /variation|Cancel/ }).count()).toBe(0);
    await view.getByRole('button', { name: 'Copy prompt' }).click();
    await view.getByRole('button', { name: /Copied|Not allowed here/ }).waitFor();
  });

  it('loads and links nothing that is not trusted', async () => {
    const { client } = await start();
    const prompt = '<script>alert(1)</script>‮evil';
    const { view, page, finish, asked } = await showView(browser(), client, { input: { prompt } });
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
    await expect.poll(() => view.getByText('Not shown', { exact: true }).count()).toBe(4);
    for (const picture of await view.getByRole('radio').all()) {
      await picture.check();
      await view.getByText('Not shown, as it is not on RunComfy').waitFor();
      expect(await view.locator('code').textContent()).toMatch(/evil|alert/);
      expect(await view.locator('img, a, video, audio').count()).toBe(0);
      expect(await view.getByRole('button', { name: /Save|Edit/ }).count()).toBe(0);
    }
    expect(await view.locator('.prompt').textContent()).toBe(prompt);
    expect(requests).toEqual([]);
    expect((await asked()).opened).toEqual([]);
  });

  it('plays video and audio, which its policy lets in', async () => {
    const { client, config } = await start();
    const { page, finish } = await showView(browser(), client, { input: INPUT });
    const blocked: string[] = [];
    page.on('console', (message) => blocked.push(message.text()));
    for (const kind of ['video', 'audio']) {
      const url = `${config.baseUrl}/${kind}.mp4`;
      const asked = page.waitForRequest(url);
      await finish(answer([{ url, kind, handle: 'job:r' }]));
      await asked;
    }
    expect(blocked.filter((text) => text.includes('Content Security Policy'))).toEqual([]);
  });

  it('plays what a model of sound made', async () => {
    const { client } = await start();
    const input = {
      model: 'stability/stable-audio-2/text-to-audio',
      input: { prompt: 'Rain on a tin roof' },
    };
    const { view, finish } = await showView(browser(), client, { tool: 'run_image_model', input });
    await finish(await client.callTool({ name: 'run_image_model', arguments: input }));
    const seconds = () => view.locator('audio').evaluate((audio) => (audio as HTMLAudioElement).duration);
    await expect.poll(seconds).toBeGreaterThan(0);
    await view.getByText('Rain on a tin roof').waitFor();
    await view.getByText('Stable Audio 2').waitFor();
  });
});
