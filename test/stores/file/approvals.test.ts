import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Link, linkFile } from '../../../src/stores/file/disk.ts';
import { accountDir } from '../../../src/stores/file/names.ts';
import { freshDataDir } from '../../support/program.ts';
import { ACCOUNT, clock, inFiles } from '../backends.ts';

const LIFE = 600_000;
const FINGERPRINT = '00000000000000aa';
const request = () => ({
  fingerprint: FINGERPRINT,
  usd: 0.5,
  subject: 'a job',
  expires: clock.now() + LIFE,
});

/** Requests for approval in a folder. */
async function start(link?: Link) {
  const dataDir = freshDataDir();
  const { store } = await inFiles(1, { dataDir, ...(link && { link }) }).start();
  return { approvals: store.approvals, dir: join(accountDir(dataDir, ACCOUNT), 'approvals') };
}

describe('approvals in files', () => {
  it('keep no code, and are for their owner alone', async () => {
    const { approvals, dir } = await start();
    await approvals.request('SECRETCODE', request());
    await approvals.approve('SECRETCODE');
    await approvals.take(FINGERPRINT, 0.5);
    const names = readdirSync(dir);
    expect(names.map((name) => name.replace(/^\d+-[0-9a-f]+/, '')).sort()).toEqual([
      '.approved',
      '.asked',
      '.taken',
    ]);
    for (const name of names) {
      const text = name + readFileSync(join(dir, name), 'utf8');
      expect(text).not.toContain('SECRETCODE');
      expect(text).not.toContain(Buffer.from('SECRETCODE').toString('hex'));
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(dir).mode & 0o777).toBe(0o700);
  });

  it('go when they have expired, and nothing else goes', async () => {
    const { approvals, dir } = await start();
    await approvals.request('FIRST', request());
    await approvals.approve('FIRST');
    writeFileSync(join(dir, 'note.txt'), '');
    clock.advance(LIFE);
    await approvals.request('SECOND', request());
    const kept = [expect.stringMatching(/\.asked$/), 'note.txt'];
    expect(readdirSync(dir).sort()).toEqual(kept);
  });

  it('are nobody’s if whoever takes them is held up until they have expired', async () => {
    const slow: Link = (path, name) => {
      if (name.endsWith('.taken')) clock.advance(LIFE);
      return linkFile(path, name);
    };
    const { approvals } = await start(slow);
    await approvals.request('CODE', request());
    await approvals.approve('CODE');
    expect(await approvals.take(FINGERPRINT, 0.5)).toBe(false);
  });

  it('are taken once where the disk has no links', async () => {
    const { approvals } = await start(() =>
      Promise.reject(Object.assign(new Error('no links'), { code: 'EPERM' })),
    );
    await approvals.request('CODE', request());
    await approvals.approve('CODE');
    const taken = await Promise.all([1, 2, 3, 4].map(() => approvals.take(FINGERPRINT, 0.5)));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  it('do without one that is damaged', async () => {
    const { approvals, dir } = await start();
    await approvals.request('CODE', request());
    await approvals.approve('CODE');
    const [asked = ''] = readdirSync(dir).filter((name) => name.endsWith('.asked'));
    writeFileSync(join(dir, asked), '{"finger');
    expect(await approvals.approve('CODE')).toBeUndefined();
    expect(await approvals.take(FINGERPRINT, 0.5)).toBe(false);
  });

  it('say that nothing was submitted where they cannot be written', async () => {
    const { approvals, dir } = await start();
    mkdirSync(dirname(dir), { recursive: true });
    writeFileSync(dir, '');
    const ask = () => approvals.request('CODE', request());
    for (const failing of [ask, () => approvals.take(FINGERPRINT, 0.5)])
      await expect(failing()).rejects.toMatchObject({
        code: 'store_unavailable',
        message: expect.stringMatching(/approvals cannot be written \(\w+\), so nothing was submitted\.$/),
      });
    await expect(approvals.approve('CODE')).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
