import type { Locator, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser } from '../support/browser.ts';
import { openViewer } from '../support/viewer.ts';

const THREE = ['a red fox', 'a late owl', 'a grey heron'];
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

async function boxOf(locator: Locator) {
  return (await locator.boundingBox()) ?? expect.unreachable('it is not shown');
}

/** Fingers that go from points to points on the screen. */
async function fingers(page: Page, ...paths: { from: [x: number, y: number]; to: [x: number, y: number] }[]) {
  const session = await page.context().newCDPSession(page);
  const points = (share: number) =>
    paths.map(({ from, to }, id) => ({
      id,
      x: from[0] + (to[0] - from[0]) * share,
      y: from[1] + (to[1] - from[1]) * share,
    }));
  const dispatch = (type: 'touchStart' | 'touchMove' | 'touchEnd', share: number) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : points(share) });
  await dispatch('touchStart', 0);
  for (const share of [0.25, 0.5, 0.75, 1]) await dispatch('touchMove', share);
  return { lift: () => dispatch('touchEnd', 1) };
}

describeInBrowser('zoom and swipes in the viewer', (browser) => {
  it('zooms around the pointer, moves within bounds, and is left by Escape', async () => {
    const { page, viewer, original, counter } = await openViewer(browser(), THREE);
    await original.waitFor();
    const stage = await boxOf(viewer.locator('.stage'));
    const whole = await boxOf(original);
    const at = { x: whole.x + whole.width / 4, y: whole.y + whole.height / 4 };
    await page.mouse.dblclick(at.x, at.y);
    const zoomed = await boxOf(original);
    expect(zoomed.width / whole.width).toBeCloseTo(2.5, 1);
    // What was under the pointer still is.
    expect((at.x - zoomed.x) / zoomed.width).toBeCloseTo(0.25, 2);
    expect((at.y - zoomed.y) / zoomed.height).toBeCloseTo(0.25, 2);
    // Dragged far, its edge is the stage's.
    for (let times = 0; times < 4; times++) {
      await page.mouse.move(stage.x + 40, stage.y + 40);
      await page.mouse.down();
      await page.mouse.move(stage.x + stage.width - 20, stage.y + stage.height - 20);
      await page.mouse.up();
    }
    const dragged = await boxOf(original);
    expect(dragged.x).toBeCloseTo(stage.x, 0);
    expect(dragged.y).toBeCloseTo(stage.y, 0);
    await page.keyboard.press('Escape');
    expect((await boxOf(original)).width).toBeCloseTo(whole.width, 0);
    await page.mouse.wheel(0, -400);
    await expect.poll(async () => (await boxOf(original)).width).toBeGreaterThan(whole.width * 1.5);
    await page.keyboard.press('0');
    for (let times = 0; times < 20; times++) await page.keyboard.press('+');
    expect((await boxOf(original)).width / whole.width).toBeCloseTo(4, 1);
    for (let times = 0; times < 20; times++) await page.keyboard.press('-');
    expect((await boxOf(original)).width).toBeCloseTo(whole.width, 0);
    // Another picture is shown as a whole.
    await page.keyboard.press('+');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => counter.textContent()).toBe('2 of 3');
    await page.keyboard.press('Escape');
    await expect.poll(() => viewer.isVisible()).toBe(false);
  });

  it('shows a picture above its sheet on a phone', async () => {
    const { page, viewer, original } = await openViewer(browser(), ['long '.repeat(800)], PHONE);
    const sheet = viewer.locator('.sidebar');
    await expect.poll(async () => (await boxOf(sheet)).height).toBeGreaterThan(300);
    const [picture, below] = [await boxOf(original), await boxOf(sheet)];
    expect(picture.y + picture.height).toBeLessThanOrEqual(below.y);
    expect(picture.width).toBeGreaterThan(300);
    expect(below.y + below.height).toBeCloseTo(844, 0);
    expect(await sheet.evaluate((element) => element.scrollHeight > element.clientHeight)).toBe(true);
    expect(await page.evaluate('document.querySelector("dialog.viewer").scrollWidth')).toBe(390);
    await viewer.getByRole('button', { name: 'Details' }).click();
    await expect.poll(() => sheet.isVisible()).toBe(false);
  });

  it('follows a finger to the next picture, and back where it was not far', async () => {
    const { page, viewer, original, counter } = await openViewer(browser(), THREE, PHONE);
    await original.waitFor();
    const before = await boxOf(original);
    const swipe = await fingers(page, { from: [300, 300], to: [120, 310] });
    await expect.poll(async () => (await boxOf(original)).x - before.x).toBeCloseTo(-180, 0);
    await swipe.lift();
    await expect.poll(() => counter.textContent()).toBe('2 of 3');
    await (await fingers(page, { from: [100, 300], to: [320, 290] })).lift();
    await expect.poll(() => counter.textContent()).toBe('1 of 3');
    // There is none before the first: it resists, and comes back.
    const pull = await fingers(page, { from: [100, 300], to: [300, 300] });
    await expect.poll(async () => (await boxOf(viewer.locator('.print'))).x - before.x).toBeCloseTo(50, 0);
    await pull.lift();
    expect(await counter.textContent()).toBe('1 of 3');
    expect((await boxOf(viewer.locator('.print'))).x).toBeCloseTo(before.x, 0);
  });

  it('zooms by two fingers and two taps, and then moves instead of leafing', async () => {
    const { page, original, counter } = await openViewer(browser(), THREE, PHONE);
    await original.waitFor();
    const whole = await boxOf(original);
    const pinch = await fingers(
      page,
      { from: [170, 300], to: [80, 300] },
      { from: [220, 300], to: [310, 300] },
    );
    await pinch.lift();
    const zoomed = await boxOf(original);
    expect(zoomed.width / whole.width).toBeGreaterThan(3);
    await (await fingers(page, { from: [300, 300], to: [200, 300] })).lift();
    await expect.poll(async () => (await boxOf(original)).x - zoomed.x).toBeCloseTo(-100, 0);
    expect(await counter.textContent()).toBe('1 of 3');
    const widthAfterTaps = async () => {
      await page.touchscreen.tap(195, 300);
      await page.touchscreen.tap(195, 300);
      return (await boxOf(original)).width;
    };
    // On a busy machine two taps may be too far apart to be one gesture.
    const patient = { interval: 1_000 };
    await expect.poll(widthAfterTaps, patient).toBeCloseTo(whole.width, 0);
    await expect.poll(widthAfterTaps, patient).toBeGreaterThan(whole.width * 2);
  });
});
