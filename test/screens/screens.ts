import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';

/** Where the pictures go. */
export const OUT = resolve('node_modules/.cache/screens');

export const SIZES = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
} as const;
export const THEMES = ['light', 'dark'] as const;

/** Opens a page for each theme and size, and hands it over with a function that takes a picture of a state. */
export async function eachPage(
  browser: Browser,
  prefix: string,
  use: (page: Page, shoot: (state: string) => Promise<void>, isPhone: boolean) => Promise<void>,
): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  for (const colorScheme of THEMES)
    for (const [size, viewport] of Object.entries(SIZES)) {
      const isPhone = size === 'phone';
      const context = await browser.newContext({
        ...{ viewport, colorScheme, reducedMotion: 'reduce', hasTouch: isPhone, locale: 'en-GB' },
      });
      const page = await context.newPage();
      const shoot = async (state: string) =>
        void (await page.screenshot({ path: join(OUT, `${prefix}-${state}-${size}-${colorScheme}.png`) }));
      await use(page, shoot, isPhone);
      await context.close();
    }
}
