import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { createFolderLibrary } from '../../src/images/library/folder/folder-library.ts';
import type { Original } from '../../src/jobs/job.ts';
import { libraryDir } from '../../src/runtime.ts';
import { accountDigest } from '../../src/stores/file/names.ts';
import { startChromium } from '../support/chromium.ts';
import { seedRecords } from './records.ts';
import { median, quantile, type Table } from './table.ts';
import { MAIN } from './upstream.ts';

const [FEW, MANY] = [100, 5_000];
const ROUNDS = 5;
const API = 'https://model-api.runcomfy.net';
const SIZES = [
  [512, 512],
  [512, 288],
  [288, 512],
  [512, 341],
  [512, 384],
] as const;
// In px a frame: a fast flick.
const STEP = 120;
const FRAMES = 300;
// In ms.
const OPEN_FOR = 5_000;
/** Of /proc, a second. */
const TICKS = 100;

/** What the gallery costs with few and many jobs: until it shows pictures, while it is scrolled and searched, and while it lies open. */
export async function gallery(): Promise<Table[]> {
  const browser = await startChromium();
  const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const dirs = [FEW, MANY].map((count) => ({ count, dir: join(scratch, String(count)) }));
    for (const { count, dir } of dirs) {
      const kept = await keepPictures(dir);
      seedRecords(dir, API, {
        to: count,
        more: (index) => ({ originals: [kept[index % kept.length] ?? null] }),
      });
    }
    const measured = dirs.map(({ count }) => ({ count, rounds: [] as Measured[] }));
    for (let round = 0; round < ROUNDS; round++)
      for (const [index, { dir }] of dirs.entries())
        measured[index]?.rounds.push(await measure(browser, dir));
    const columns = Object.keys(measured[0]?.rounds[0] ?? {}) as (keyof Measured)[];
    return [
      {
        title: 'The gallery',
        columns: ['jobs', ...columns],
        rows: measured.map(({ count, rounds }) => [
          count,
          ...columns.map((column) => median(rounds.map((round) => round[column]))),
        ]),
        notes: [
          `Medians of ${ROUNDS} rounds in turn, each with a gallery of its own, in Chromium without a graphics card, 1280 x 800 px.`,
          `Scrolled by ${STEP} px a frame for ${FRAMES} frames, some ${STEP * 60} px a second; a frame of 16.7 ms is one of 60 a second.`,
        ],
      },
    ];
  } finally {
    await browser.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Measured {
  'list ms': number;
  'list kB': number;
  'pictures ms': number;
  'frame p50 ms': number;
  'frame p95 ms': number;
  'frame worst ms': number;
  'search ms': number;
  'tiles drawn': number;
  'open, CPU ms a second': number;
}

async function measure(browser: Browser, dir: string): Promise<Measured> {
  const { url, pid, end } = await startGallery(dir);
  const began = performance.now();
  const list = await (await fetch(`${url}jobs`)).text();
  const listMs = performance.now() - began;
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  try {
    const opened = performance.now();
    await page.goto(url);
    await page.locator('.tile img.loaded').first().waitFor();
    const picturesMs = performance.now() - opened;
    const { frames, tiles } = await scroll(page);
    const searchMs = await search(page);
    const before = cpuOf(pid);
    await delay(OPEN_FOR);
    return {
      'list ms': listMs,
      'list kB': Buffer.byteLength(list) / 1_000,
      'pictures ms': picturesMs,
      'frame p50 ms': quantile(frames, 0.5),
      'frame p95 ms': quantile(frames, 0.95),
      'frame worst ms': Math.max(...frames),
      'search ms': searchMs,
      'tiles drawn': tiles,
      'open, CPU ms a second': ((cpuOf(pid) - before) * 1_000) / OPEN_FOR,
    };
  } finally {
    await page.close();
    await end();
  }
}

/** Scrolls on and on; resolves to the ms of each frame and the most tiles that there were at a time. */
const scroll = (page: Page): Promise<{ frames: number[]; tiles: number }> =>
  page.evaluate(`(async () => {
    const frames = [];
    let tiles = 0;
    let last = await new Promise(requestAnimationFrame);
    for (let count = 0; count < ${FRAMES}; count++) {
      scrollBy(0, ${STEP});
      const now = await new Promise(requestAnimationFrame);
      frames.push(now - last);
      last = now;
      tiles = Math.max(tiles, document.querySelectorAll('.tile').length);
    }
    scrollTo(0, 0);
    return { frames, tiles };
  })()`);

/** The ms from a letter in the search to the frame that shows what it finds, at the median. */
const search = (page: Page): Promise<number> =>
  page.evaluate(`(async () => {
    const field = document.querySelector('input[type=search]');
    const times = [];
    for (const text of ['f', 'fo', 'fox', 'fox n', 'fox number 42', '']) {
      const began = performance.now();
      field.value = text;
      field.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b)[times.length >> 1];
  })()`);

/** The gallery's command on a data folder. */
async function startGallery(dir: string) {
  const child = spawn(process.execPath, [MAIN, 'gallery', '--data-dir', dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  const address = () => /http:\S+(?=\n)/.exec(printed)?.[0];
  while (address() === undefined) await delay(5);
  const url = address() ?? '';
  const end = async () => {
    child.kill();
    await once(child, 'exit');
  };
  return { url, pid: child.pid ?? 0, end };
}

/** The processor time of a process, in ms. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS;
}

/** Pictures in the library of a data folder, each of which shows itself small. */
async function keepPictures(dataDir: string): Promise<Original[]> {
  const digest = accountDigest({ tenant: 'local', api: API });
  const library = createFolderLibrary({ dir: libraryDir(dataDir, API, digest), maxBytes: 2e9 });
  return Promise.all(
    SIZES.map(async ([width, height], index) => {
      const background = { r: 40 * index + 40, g: 120, b: 160 };
      const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
      const data = await sharp({ create: { width, height, channels: 3, background, noise } })
        .jpeg({ quality: 70 })
        .toBuffer();
      const sha256 = await library.put(data, 'image/jpeg');
      return { sha256, type: 'image/jpeg', bytes: data.length, width, height, thumbnail: sha256 };
    }),
  );
}
