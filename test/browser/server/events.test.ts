import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCollection } from '../../../src/cli/gallery/collection.ts';
import { startGallery } from '../../../src/cli/gallery/http/server.ts';
import { createProgram } from '../../../src/program.ts';
import type { GalleryJob } from '../../../src/view/gallery-api.ts';
import { promised } from '../../support/calls.ts';
import { createFastClock } from '../../support/clock.ts';
import { listenTo } from '../../support/events.ts';
import { openGallery } from '../../support/gallery.ts';
import { testConfig } from '../../support/program.ts';
import { jobsDir, putRecord } from '../../support/records.ts';

const clock = createFastClock(50);

async function open() {
  const config = testConfig({ origin: 'https://model-api.example' });
  const put = (prompt: string, revision = 1) =>
    putRecord(
      config,
      { model: 'm/m', input: { prompt }, state: 'succeeded', submitted_at: '2026-01-02T03:04:05.000Z' },
      { call: prompt, revision },
    );
  put('a fox');
  const { url } = await openGallery(config, { clock });
  const list = async () => (await (await fetch(`${url}jobs`)).json()) as GalleryJob[];
  return { config, put, url, list };
}

describe('the events of the gallery', () => {
  it('tell each page what is new, has changed and is gone, and nothing of what its list had', async () => {
    const { config, put, url, list } = await open();
    const pages = [await listenTo(url), await listenTo(url)];
    const [fox] = await list();
    const name = put('an owl');
    for (const page of pages)
      await expect.poll(() => page.of('change')[0]).toMatchObject({ jobs: [{ prompt: 'an owl' }], gone: [] });
    put('a fox', 2);
    for (const page of pages)
      await expect.poll(() => page.of('change')[1]).toMatchObject({ jobs: [{ id: fox?.id, revision: 2 }] });
    renameSync(`${jobsDir(config)}/${name}`, `${config.dataDir}/gone`);
    for (const page of pages)
      await expect
        .poll(() => page.of('change')[2])
        .toEqual({ jobs: [], gone: [name.replace(/\.1\.json$/, '')] });
    expect(pages[0]?.text()).toMatch(/^retry: \d+\n\n/);
  });

  it('miss no change that another page has already seen in its list', async () => {
    const { put, url, list } = await open();
    const page = await listenTo(url);
    put('an owl');
    for (let nth = 0; nth < 20; nth++) await list();
    await expect.poll(() => page.of('change')[0]?.jobs[0]?.prompt).toBe('an owl');
  });

  it('begin for a page that comes while the first one is waiting once they miss nothing', async () => {
    const config = testConfig({ origin: 'https://model-api.example' });
    const program = createProgram(config, { clock, random: Math.random, writeLog: () => {} });
    const collection = createCollection(program, config, clock);
    const { promise, resolve } = promised();
    const remember = () => promise.then(collection.remember);
    const gallery = await startGallery({ ...collection, remember }, clock);
    onTestFinished(gallery.close);
    let answered = 0;
    const pages = [1, 2].map(() => listenTo(gallery.url).then(() => answered++));
    for (let nth = 0; nth < 10; nth++) await fetch(`${gallery.url}jobs`);
    expect(answered).toBe(0);
    resolve();
    await Promise.all(pages);
  });

  it('tell that a job is gone which another page has seen in its list between two looks', async () => {
    const config = testConfig({ origin: 'https://model-api.example' });
    const wakes: (() => void)[] = [];
    const sleep = () => new Promise<void>((resolve) => wakes.push(resolve));
    const { url } = await openGallery(config, { clock: { now: Date.now, sleep } });
    const page = await listenTo(url);
    const job = {
      model: 'm/m',
      input: {},
      state: 'failed',
      submitted_at: '2026-01-02T03:04:05.000Z',
    } as const;
    const name = putRecord(config, job);
    expect(await (await fetch(`${url}jobs`)).json()).toHaveLength(1);
    rmSync(`${jobsDir(config)}/${name}`);
    for (const wake of wakes) wake();
    await expect
      .poll(() => page.of('change'))
      .toEqual([{ jobs: [], gone: [name.replace(/\.1\.json$/, '')] }]);
  });

  it('go on with a sign of life where nothing changes', async () => {
    const { url } = await open();
    const page = await listenTo(url);
    await expect.poll(() => page.of('beat').length).toBeGreaterThan(1);
    expect(page.of('change')).toEqual([]);
  });

  it('say that the records cannot be read, and go on once they can', async () => {
    const { config, put, url } = await open();
    const page = await listenTo(url);
    const dir = jobsDir(config);
    renameSync(dir, `${dir}-away`);
    writeFileSync(dir, '');
    await expect
      .poll(() => page.of('problem').at(-1)?.text)
      .toMatch(/^The records of your jobs cannot be read\./);
    expect((await fetch(`${url}jobs`)).status).toBe(503);
    renameSync(dir, `${dir}-file`);
    renameSync(`${dir}-away`, dir);
    await expect.poll(() => page.of('problem').at(-1)?.text).toBe('');
    put('an owl');
    await expect.poll(() => JSON.stringify(page.of('change'))).toContain('an owl');
  });
});
