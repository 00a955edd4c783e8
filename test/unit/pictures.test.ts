import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createDownloader } from '../../src/images/download.ts';
import { createFileDownloader } from '../../src/images/download-to.ts';
import { createOutputFetcher } from '../../src/images/fetch-outputs.ts';
import { createFolderOpener } from '../../src/images/folders/writable-folder.ts';
import { createOriginals } from '../../src/images/library/originals.ts';
import { createSaveInOutputDir } from '../../src/images/saving/output-dir.ts';
import { createSaveFile } from '../../src/images/saving/save-file.ts';
import type { Job } from '../../src/jobs/job.ts';
import { createLog } from '../../src/log.ts';
import { isPoolBusy } from '../../src/thread-pool.ts';
import { createJumpingClock } from '../support/clock.ts';
import { plain } from '../support/images.ts';
import { freshDataDir } from '../support/program.ts';
import { startUpstream } from '../support/upstream.ts';

const png = await plain(640, 480).png().toBuffer();

/** An upstream with an image and an address that never answers. */
const serve = () =>
  startUpstream('', {
    '/good': (_, response) => void response.writeHead(200).end(png),
    '/silent': () => {},
  });

const image = (url: string) => ({ url, kind: 'image' as const });
const jobWith = (...urls: string[]): Job => ({ model: 'a/b', input: {}, state: 'succeeded', urls });
const never = new AbortController().signal;

/** What fetches outputs from a server on this machine, and keeps none. */
function fetcher(origin: string) {
  const originals = createOriginals({
    library: undefined,
    store: { byRequestId: async () => undefined, update: async () => undefined },
    download: createDownloader(origin),
    downloadTo: createFileDownloader(origin),
    ended: never,
    log: createLog('silent', String),
  });
  const dir = freshDataDir();
  const withFolder = createFolderOpener({ folders: [dir], homeDir: dir });
  const saveFile = createSaveFile({ hasSidecar: false });
  const saveInOutputDir = createSaveInOutputDir({ dir, withFolder, saveFile });
  return createOutputFetcher({ clock: createJumpingClock(), originals, saveInOutputDir });
}

describe('the outputs of a job', () => {
  it('that are late are left out, and the others are there', async () => {
    const { origin } = await serve();
    const fetchOutputs = fetcher(origin);
    const [good, silent] = await fetchOutputs(jobWith(`${origin}/good`, `${origin}/silent`), {
      preview: 'small',
      isSaved: false,
      timeout: 3_000,
      signal: never,
    });
    expect(good?.facts).toEqual({ type: 'image/png', bytes: png.length, width: 640, height: 480 });
    expect(await sharp(good?.preview?.data).metadata()).toMatchObject({ width: 512, height: 384 });
    expect(silent).toEqual({ ...image(`${origin}/silent`), notShown: 'it did not arrive within 3 s' });
  });

  it('are given up as soon as the call ends', async () => {
    const { origin } = await serve();
    const fetchOutputs = fetcher(origin);
    const call = new AbortController();
    const fetching = fetchOutputs(jobWith(`${origin}/silent`), {
      preview: 'small',
      isSaved: false,
      timeout: 3_600_000,
      signal: call.signal,
    });
    call.abort('user');
    expect(await fetching).toMatchObject([{ notShown: 'the call has ended' }]);
  });
});

describe('an image that takes seconds to decode', () => {
  it('is not waited for once the call has ended', async () => {
    const slow = readFileSync(join(import.meta.dirname, '../support/fixtures/slow.avif'));
    const call = new AbortController();
    const { origin } = await startUpstream('', {
      '/slow': (_, response) => void response.writeHead(200).end(slow),
    });
    const fetchOutputs = fetcher(origin);
    // It looks where its folder is.
    await expect.poll(isPoolBusy).toBe(false);
    const options = { preview: 'small', isSaved: false, timeout: 3_600_000, signal: call.signal } as const;
    const fetching = fetchOutputs(jobWith(`${origin}/slow`), options);
    await expect.poll(isPoolBusy).toBe(true);
    call.abort('user');
    expect(await fetching).toMatchObject([{ facts: { type: 'image/avif' }, notShown: 'the call has ended' }]);
  });
});
