import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Tests in a real browser, one for all of them; skipped where none is installed, unless this is CI. */
export function describeInBrowser(name: string, tests: (browser: () => Browser) => void): void {
  const skips = !CHROMIUM && !process.env.CI;
  describe.skipIf(skips)(`${name}${skips ? ' (skipped: no Chromium is installed, see .ci/run)' : ''}`, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      if (!CHROMIUM) throw new Error('no Chromium is installed');
      browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    });
    afterAll(() => browser?.close());
    tests(() => browser ?? none());
  });
}

function none(): never {
  throw new Error('the browser is not started');
}
