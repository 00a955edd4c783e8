import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where an installed Chromium is; undefined without one. The first takes half of the others' time. */
export const CHROMIUM = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find(existsSync);
export const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts it. Throws without one. */
export async function startChromium(): Promise<Browser> {
  if (!CHROMIUM) throw new Error('no Chromium is installed');
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}
