import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { accountOf } from '../../src/config/config.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { accountDir } from '../../src/stores/file/names.ts';
import { readRecords } from '../support/books.ts';
import { canFillDisks, smallDisk } from '../support/disk.ts';
import { startHost } from '../support/host.ts';
import { MAIN, plainEnv, run } from '../support/process.ts';
import { freshDataDir, KEY } from '../support/program.ts';

/** A data folder in which a server has kept the picture of a job. */
async function scene(jobs = 1) {
  const sandbox = await startSandbox({ key: KEY, pace: 0.1 });
  onTestFinished(() => sandbox.close());
  const where = { baseUrl: sandbox.origin, dataDir: freshDataDir() };
  const dir = join(accountDir(where.dataDir, accountOf({ ...where, sandbox: false })), 'library');
  const host = await startHost({ ...where, args: ['--preview', 'small'] });
  for (let index = 0; index < jobs; index++)
    await host.call('gpt_4o_image_text_to_image', { prompt: `a fox, ${index}` });
  const recorded = () => readRecords(where.dataDir).flatMap(({ originals = [] }) => originals);
  await expect.poll(recorded).toHaveLength(jobs);
  const flags = ['--base-url', where.baseUrl, '--data-dir', where.dataDir];
  const plain = (text: string) =>
    text
      .replaceAll(dir, '/library')
      .replace(/\d{4}-\d\d-\d\d/g, 'DATE')
      .replace(/[\d.]+ [MG]B(?= of disk)/g, 'SIZE')
      .replace(/[\d.]+ [kM]B/g, 'SIZE');
  return { ...{ sandbox, where, dir, host, flags, plain }, files: () => readdirSync(dir) };
}

/** Runs the bundle in a terminal, and types an answer when it asks. */
function inTerminal(args: readonly string[], typed: string): Promise<{ code: number | null; text: string }> {
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: plainEnv({ TERM: 'dumb' }) });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
    if (text.endsWith('[y/N] ')) child.stdin.write(typed);
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
}

describe('library', () => {
  it('tells what is kept, where, how much of how much, and how to empty it', async () => {
    const { flags, plain, dir } = await scene(2);
    writeFileSync(join(dir, 'notes.txt'), 'not ours');
    const { code, stdout, stderr } = await run(['library', ...flags, '--keep-images', '5']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(plain(stdout)).toMatchInlineSnapshot(`
      "Finished pictures are kept in
        /library

        2 originals of 2 jobs, 2 previews, the oldest from DATE
        SIZE of 5 GB (--keep-images); SIZE of disk free

      A picture goes with the record of its job (--keep-days); the oldest go first when it is full.
      To empty it: runcomfy-image-mcp library clear. Pictures whose links have expired are then gone for good, unless they were saved elsewhere.
      "
    `);
    const off = await run(['library', ...flags, '--keep-images', '0']);
    expect(plain(off.stdout)).toMatchInlineSnapshot(`
      "Off (--keep-images 0): no more pictures are kept in
        /library

        2 originals of 2 jobs, 2 previews, the oldest from DATE
        SIZE; SIZE of disk free

      A picture goes with the record of its job (--keep-days).
      To empty it: runcomfy-image-mcp library clear. Pictures whose links have expired are then gone for good, unless they were saved elsewhere.
      "
    `);
  });

  it('counts no original that is cut, or whose record is gone, and does not fail for records', async () => {
    const { flags, plain, dir, files, host } = await scene();
    // It would record more while its folder goes.
    await host.kill();
    for (const name of files().filter((one) => one.endsWith('.png'))) writeFileSync(join(dir, name), 'cut');
    expect(plain((await run(['library', ...flags])).stdout)).toContain(
      '0 originals of 0 jobs, 1 preview, 1 other file',
    );
    const jobs = join(dirname(dir), 'jobs');
    rmSync(jobs, { recursive: true });
    writeFileSync(jobs, '');
    const { code, stdout } = await run(['library', ...flags]);
    expect([code, plain(stdout)]).toEqual([0, expect.stringContaining('2 files (the records')]);
  });

  it('tells that there is nothing yet, and makes no folder', async () => {
    const dataDir = freshDataDir();
    const { code, stdout } = await run(['library', '--sandbox', '--data-dir', dataDir]);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing is kept there yet.'),
    });
    expect(stdout).toContain(accountDir(dataDir, accountOf({ sandbox: true, baseUrl: '' })));
    expect(await run(['library', 'clear', '--data-dir', dataDir])).toMatchObject({ code: 0 });
    expect(existsSync(dataDir)).toBe(false);
  });

  it('fails in one line where the folder cannot be used', async () => {
    const { flags, dir, host } = await scene();
    // It may just be writing there.
    await host.close();
    rmSync(dir, { recursive: true });
    writeFileSync(dir, '');
    for (const words of [['library'], ['library', 'clear']])
      expect(await run([...words, ...flags])).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/cannot be used \(ENOTDIR\)\.\n$/),
      });
  });

  it('takes nothing but clear', async () => {
    expect(await run(['library', 'foo'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('unexpected argument "foo"; library takes clear or nothing\n'),
    });
  });
});

describe('library clear', () => {
  it('removes what is kept, under a server that runs and keeps the next picture', async () => {
    const { flags, plain, dir, files, host, where } = await scene();
    writeFileSync(join(dir, 'notes.txt'), 'not ours');
    const young = `.${'a'.repeat(64)}.png.00000000-0000-0000-0000-000000000000.tmp`;
    writeFileSync(join(dir, young), '');
    const { code, stdout } = await run(['library', 'clear', ...flags]);
    expect(code).toBe(0);
    expect(plain(stdout)).toMatchInlineSnapshot(`
      "Removed 1 original of 1 job, 1 preview (SIZE) from /library.
      The records of the jobs stay.
      Pictures whose links have expired are then gone for good, unless they were saved elsewhere.
      "
    `);
    expect(files().sort()).toEqual([young, 'notes.txt']);
    const [record] = readRecords(where.dataDir);
    const got = await host.call('get_image_job', { request_id: record?.request_id });
    expect(got.data).toMatchObject({ status: 'succeeded' });
    await expect.poll(() => files().length).toBe(4);
  });

  it.each([
    ['n\n', 1],
    ['\n', 1],
    ['\u0004', 1],
    ['y\n', 0],
    ['Yes\n', 0],
  ])('asks in a terminal, and takes %j for an answer', async (typed, expected) => {
    const { flags, files } = await scene();
    const { code, text } = await inTerminal(['library', 'clear', ...flags], typed);
    expect(text).toContain('gone for good');
    expect(text).toContain(expected === 0 ? 'Removed 1 original' : 'Nothing was removed.');
    expect(code, text).toBe(expected);
    expect(files()).toHaveLength(expected === 0 ? 0 : 2);
  });
});

describe('doctor', () => {
  const rowOf = (stdout: string) => /^.* {2}library {3}.*$/m.exec(stdout)?.[0];

  it('tells of the library', async () => {
    const { flags, plain, dir } = await scene();
    const doctor = async (...args: string[]) =>
      plain(rowOf((await run(['doctor', ...flags, ...args], { RUNCOMFY_API_KEY: KEY })).stdout) ?? '');
    expect(await doctor()).toBe('  yes   library   /library can be written; SIZE of 2 GB used');
    expect(await doctor('--keep-images', '0')).toBe(
      '  -     library   off: finished pictures are not kept, and their links expire; SIZE from before are in /library',
    );
    rmSync(dir, { recursive: true });
    expect(await doctor('--keep-images', '0.5')).toBe(
      '  yes   library   /library can be written; SIZE of SIZE used',
    );
    expect(existsSync(dir)).toBe(false);
    mkdirSync(dirname(dir), { recursive: true });
    writeFileSync(dir, '');
    expect(await doctor()).toBe(
      '  warn  library   /library cannot be written (ENOTDIR): finished pictures are not kept',
    );
  });

  it.skipIf(!canFillDisks())('warns of a disk that is nearly full (needs root on Linux)', async () => {
    const { dataDir } = smallDisk();
    const { stdout } = await run(['doctor', '--sandbox', '--data-dir', dataDir]);
    expect(rowOf(stdout)?.replaceAll(dataDir, '/data')).toMatchInlineSnapshot(
      `"  warn  library   only 65.5 kB of disk free: below 1 GB nothing more is kept in /data/accounts/sandbox-b5a1ae20/library; 0 kB of 2 GB used"`,
    );
    expect(stdout).toContain('Ready for calls.');
  });
});
