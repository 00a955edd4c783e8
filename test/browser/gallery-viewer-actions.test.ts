import { expect, it } from 'vitest';
import { describeInBrowser } from '../support/browser.ts';
import { clipboardOf, openViewer } from '../support/viewer.ts';

const THREE = ['a red fox', 'a late owl', 'a grey heron'];
const QUESTION = 'Delete this picture and its prompt? It cannot be undone. Copies that you saved stay.';

describeInBrowser('actions in the viewer of the gallery', (browser) => {
  it('copy the prompt, the handle and requests to an agent', async () => {
    const prompt = 'a "red" fox\nin ```snow```';
    const { page, viewer, button } = await openViewer(browser(), [prompt]);
    const copied = async (entry: string, said: string) => {
      await button('Copy').click();
      await viewer.getByRole('menuitem', { name: entry }).click();
      await viewer.getByText(said).waitFor();
      return clipboardOf(page);
    };
    expect(await copied('Prompt', 'Prompt copied')).toBe(prompt);
    const handle = await copied('Handle', 'Handle copied');
    expect(handle).toMatch(/^job:[\w-]+#1$/);
    const again = await copied('Make it again', 'Paste it to your agent.');
    expect(again).toContain('call gpt_4o_image_text_to_image');
    expect(again).toContain(JSON.stringify(prompt));
    expect(await copied('Edit it…', 'add what to change')).toContain(handle);
    expect(await copied('Make variations', 'Paste it to your agent.')).toContain('make_images');
  });

  it('are in a menu that keys open, move in and close', async () => {
    const { page, viewer, button, counter } = await openViewer(browser(), THREE);
    await button('Copy').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    expect(await viewer.locator(':focus').textContent()).toBe('Edit it…');
    await page.keyboard.press('ArrowRight');
    expect(await counter.textContent()).toBe('1 of 3');
    await page.keyboard.press('Escape');
    expect(await viewer.getByRole('menu').count()).toBe(0);
    expect(await viewer.isVisible()).toBe(true);
    expect(await viewer.locator(':focus').textContent()).toBe('Copy');
  });

  it('like a picture, and say so where that fails', async () => {
    const { page, viewer, button, path } = await openViewer(browser(), ['a red fox']);
    await page.keyboard.press('f');
    await expect.poll(() => button('Favourite').getAttribute('aria-pressed')).toBe('true');
    const liked = () =>
      page.evaluate(`fetch('jobs').then((got) => got.json()).then(([job]) => job.favourite)`);
    await expect.poll(liked).toBe(true);
    await page.route(path('jobs/*/favourite'), (route) =>
      route.fulfill({ status: 500, json: { error: 'The disk is full.' } }),
    );
    await button('Favourite').click();
    await viewer.getByText('The disk is full.').waitFor();
    await expect.poll(() => button('Favourite').getAttribute('aria-pressed')).toBe('true');
  });

  it('delete a picture only once that is confirmed, and move on', async () => {
    const { page, viewer, counter, button } = await openViewer(browser(), THREE);
    await page.keyboard.press('Delete');
    expect(await viewer.getByRole('alertdialog').locator('p').first().textContent()).toBe(QUESTION);
    // Who confirms without reading keeps it.
    await page.keyboard.press('Enter');
    await expect.poll(() => viewer.getByRole('alertdialog').isVisible()).toBe(false);
    await page.keyboard.press('Delete');
    await page.keyboard.press('Escape');
    await expect.poll(() => viewer.getByRole('alertdialog').isVisible()).toBe(false);
    expect(await viewer.isVisible()).toBe(true);
    expect(await counter.textContent()).toBe('1 of 3');
    // The question is not asked of another picture.
    await page.keyboard.press('Delete');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => viewer.getByRole('alertdialog').isVisible()).toBe(false);
    await button('Delete').click();
    await viewer.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
    await expect.poll(() => viewer.getAttribute('aria-label')).toBe('a red fox');
    await expect.poll(() => counter.textContent()).toBe('2 of 2');
    await viewer.getByText('This picture was deleted.').waitFor();
    // The last one makes the one before it be shown; without any other it closes.
    for (const left of ['a grey heron', undefined]) {
      await page.keyboard.press('Delete');
      await viewer.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
      if (left) await expect.poll(() => viewer.getAttribute('aria-label')).toBe(left);
      else await expect.poll(() => viewer.isVisible()).toBe(false);
    }
    await page.getByText('Your pictures will appear here').waitFor();
  });

  it('say in place why a picture could not be deleted, and lose nothing', async () => {
    const { page, viewer, path } = await openViewer(browser(), THREE);
    await page.route(path('jobs/*'), (route) =>
      route.request().method() === 'DELETE'
        ? route.fulfill({ status: 500, json: { error: 'The disk is full.' } })
        : route.continue(),
    );
    await page.keyboard.press('Delete');
    const question = viewer.getByRole('alertdialog');
    await question.getByRole('button', { name: 'Delete' }).click();
    await question.getByText('The disk is full.').waitFor();
    expect(await viewer.getAttribute('aria-label')).toBe('a grey heron');
    await page.unroute(path('jobs/*'));
    await question.getByRole('button', { name: 'Delete' }).click();
    await expect.poll(() => viewer.getAttribute('aria-label')).toBe('a late owl');
  });

  it('say that all pictures of a job go', async () => {
    const { page, viewer, counter } = await openViewer(browser(), ['a red fox', 'four owls'], {
      before({ sandbox }) {
        sandbox.engine.planNext({});
        const urls = [1, 2, 3].map((number) => `${sandbox.origin}/media/${number}.png`);
        sandbox.engine.planNext({ output: { images: urls } });
      },
    });
    await expect.poll(() => counter.textContent()).toBe('1 of 4');
    await viewer.getByRole('button', { name: 'Picture 3 of this job' }).click();
    await expect.poll(() => counter.textContent()).toBe('3 of 4');
    await page.keyboard.press('Delete');
    const question = viewer.getByRole('alertdialog');
    expect(await question.textContent()).toContain('Delete all 3 pictures of this job');
    await question.getByRole('button', { name: 'Delete all 3' }).click();
    await expect.poll(() => viewer.getAttribute('aria-label')).toBe('a red fox');
    await expect.poll(() => counter.textContent()).toBe('1 of 1');
    expect(await viewer.getByRole('button', { name: /of this job/ }).count()).toBe(0);
  });
});
