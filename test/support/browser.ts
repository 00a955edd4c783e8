import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { CHROMIUM, startChromium } from './chromium.ts';

/** Tests in a real browser, one for all of them; skipped where none is installed, unless this is CI. */
export function describeInBrowser(name: string, tests: (browser: () => Browser) => void): void {
  const skips = !CHROMIUM && !process.env.CI;
  describe.skipIf(skips)(`${name}${skips ? ' (skipped: no Chromium is installed, see .ci/run)' : ''}`, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await startChromium();
    });
    afterAll(() => browser?.close());
    tests(() => browser ?? none());
  });
}

function none(): never {
  throw new Error('the browser is not started');
}
