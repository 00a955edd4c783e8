import type { Browser, Locator, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { Job } from '../../src/jobs/job.ts';
import { openGallery } from './gallery.ts';
import { putRecord } from './records.ts';
import { connectToPictures } from './upstream-pictures.ts';

type PageOptions = NonNullable<Parameters<Browser['newPage']>[0]>;

export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** The page of a gallery. A script from elsewhere that runs, and an error of its own, fail the test. */
export async function openPage(browser: Browser, url: string, options: PageOptions = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1000, height: 700 }, ...options });
  onTestFinished(() => page.close());
  page.on('dialog', () => expect.unreachable('a script ran'));
  page.on('pageerror', (error) => expect.unreachable(String(error)));
  await page.goto(url);
  return page;
}

/** A job that was submitted so many seconds ago, and made one picture unless its state is another. */
export function record(age: number, more: Partial<Job> = {}): Job {
  const job: Job = {
    model: 'openai/gpt-image-2/text-to-image',
    input: { prompt: `picture ${age}` },
    state: 'succeeded',
    request_id: `req-${age}`,
    submitted_at: new Date(Date.now() - age * 1_000).toISOString(),
    ...more,
  };
  return job;
}

/** A gallery with these jobs; pictures of those that have no URLs are 640 × 480, until `kill`. */
export async function galleryOf(jobs: readonly Job[]) {
  // Without a key the gallery asks for no job: a revision of its own and one that a test puts would not be in a row.
  const connected = await connectToPictures(1, { keepImagesBytes: 0, key: undefined });
  const url = `${connected.upstream.origin}/picture-1.png`;
  const put = (job: Job, more: Parameters<typeof putRecord>[2] = {}) =>
    putRecord(connected.config, job.state === 'succeeded' ? { urls: [url], ...job } : job, more);
  for (const job of jobs) put(job);
  const gallery = await openGallery(connected.config);
  return { ...connected, gallery, put, picture: url };
}

/** A tile by the prompt of its job. */
export const tile = (page: Page, prompt: string): Locator =>
  page.locator('.tile').filter({ has: page.getByRole('button', { name: prompt, exact: true }) });

/** The prompt of the tile that has the focus. */
export const focused = (page: Page): Promise<string | null> =>
  page.evaluate('document.activeElement?.ariaLabel ?? null') as Promise<string | null>;

export const scrolled = (page: Page): Promise<number> => page.evaluate('scrollY') as Promise<number>;

export const scrollTo = (page: Page, top: number): Promise<unknown> => page.evaluate(`scrollTo(0, ${top})`);
