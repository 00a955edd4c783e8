import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accountOf } from '../../src/config/config.ts';
import { sha256Of } from '../../src/images/library/library.ts';
import { accountDir } from '../../src/stores/file/names.ts';
import { readRecords } from '../support/books.ts';
import { startHost } from '../support/host.ts';
import { noise } from '../support/images.ts';
import { freshDataDir } from '../support/program.ts';
import { mp4 } from '../support/saving.ts';
import { startUpstream } from '../support/upstream.ts';

const TOOL = 'gpt_image_2_text_to_image';
const KEEPING = ['--preview', 'small'];
const STOP = join(import.meta.dirname, '../support/stop.cjs');

const picture: Buffer = await noise(300, 300).png().toBuffer();
const video = mp4(3 << 20, 7);

/** An upstream with one picture or video, and where the servers on it keep their files. */
async function scene(path = '/a.png', file: Buffer = picture) {
  let status = 200;
  const upstream = await startUpstream([path], {
    [path]: (_, response) => void response.writeHead(status).end(status === 200 ? file : ''),
  });
  const where = { baseUrl: upstream.origin, dataDir: freshDataDir() };
  const dir = join(accountDir(where.dataDir, accountOf({ ...where, sandbox: false })), 'library');
  const name = `${sha256Of(file)}${extname(path)}`;
  return {
    ...{ where, dir, file, name },
    kill() {
      status = 404;
    },
    /** The files that count; temporary ones do not. */
    files: () => (existsSync(dir) ? readdirSync(dir).filter((one) => !one.startsWith('.')) : []),
    wholeFiles: () =>
      readdirSync(dir).filter((one) => one.startsWith(sha256Of(readFileSync(join(dir, one))))),
  };
}

describe.each([
  ['a picture', '/a.png', picture],
  ['a video', '/a.mp4', video],
])('a server that is killed while it keeps %s', (_, path, content) => {
  it.each([
    ['before the temporary file', 'open'],
    ['at half of it', 'half'],
    ['before the rename', 'rename'],
    ['before the record', 'record'],
  ])('%s leaves nothing half, and the next one keeps it', async (_, step) => {
    const { where, name, files, wholeFiles, dir, file, kill } = await scene(path, content);
    const mark = freshDataDir();
    const env = { STOP_AT: step, STOP_MARK: dirname(mark).concat('/mark') };
    const first = await startHost({ ...where, args: KEEPING, nodeOptions: ['--require', STOP], env });
    const answer = first.call(TOOL, { prompt: 'a fox' }).catch(() => undefined);
    await expect.poll(() => existsSync(env.STOP_MARK)).toBe(true);
    await first.kill();
    await answer;
    const [record] = readRecords(where.dataDir);
    expect(record?.originals).toBeUndefined();
    expect(files().includes(name)).toBe(step === 'record');
    expect(files()).toEqual(existsSync(dir) ? wholeFiles() : []);

    const second = await startHost({ ...where, args: KEEPING });
    const got = await second.call('get_image_job', { request_id: record?.request_id });
    expect(got.data).toMatchObject({ status: 'succeeded' });
    await expect.poll(() => readRecords(where.dataDir)[0]?.originals).toHaveLength(1);
    kill();
    const again = await second.call('get_image_job', { request_id: record?.request_id });
    expect(again.data).toMatchObject({ images: [{ kept: true }] });
    expect(readFileSync(join(dir, name)).equals(file)).toBe(true);
  });
});

it('servers that keep the same picture at once keep it once, each with its record', async () => {
  const { where, name, files, wholeFiles } = await scene();
  const hosts = await Promise.all([1, 2, 3].map(() => startHost({ ...where, args: KEEPING })));
  const call = (host: (typeof hosts)[number], index: number) =>
    host.call(TOOL, { prompt: `a fox, ${index}` });
  await Promise.all([...hosts, ...hosts].map(call));
  const originals = () => readRecords(where.dataDir).flatMap((job) => job.originals ?? []);
  await expect.poll(originals).toHaveLength(6);
  expect(new Set(originals().map((original) => `${original?.sha256}.png`))).toEqual(new Set([name]));
  expect(files()).toHaveLength(2);
  expect(files()).toEqual(wholeFiles());
});

it('a server that ends while it keeps a video leaves nothing of it', async () => {
  const upstream = await startUpstream(['/a.mp4'], {
    '/a.mp4': (_, response) => {
      response.writeHead(200, { 'content-length': 2 * video.length }).write(video);
    },
  });
  const where = { baseUrl: upstream.origin, dataDir: freshDataDir() };
  const dir = join(accountDir(where.dataDir, accountOf({ ...where, sandbox: false })), 'library');
  const sizes = () => (existsSync(dir) ? readdirSync(dir).map((name) => statSync(join(dir, name)).size) : []);
  const host = await startHost(where);
  await host.call(TOOL, { prompt: 'a fox' });
  await expect.poll(sizes).toEqual([video.length]);
  await host.close();
  expect(readdirSync(dir)).toEqual([]);
});
