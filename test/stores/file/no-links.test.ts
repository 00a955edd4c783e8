import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { accountDir, formatName } from '../../../src/stores/file/names.ts';
import { ACCOUNT, inFiles } from '../backends.ts';
import { all, conforms, put } from '../conformance.ts';
import { refuseLink } from './gate.ts';

describe('a store on a disk without hard links', () => conforms(() => inFiles(1, { link: refuseLink })));

/** Mounts a disk that has no hard links; undefined where that cannot be done here. */
function mountWithoutLinks(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const dir = mkdtempSync(join(tmpdir(), 'runcomfy-image-fat-'));
  const [image, disk] = [join(dir, 'image'), join(dir, 'disk')];
  mkdirSync(disk);
  for (const type of ['vfat', 'exfat'])
    try {
      writeFileSync(image, Buffer.alloc(16 << 20));
      execFileSync(`mkfs.${type}`, [image], { stdio: 'ignore' });
      execFileSync('mount', ['-o', 'loop', '-t', type, image, disk], { stdio: 'ignore' });
      return disk;
    } catch {
      // This one cannot be made, or mounted.
    }
  rmSync(dir, { recursive: true });
  return undefined;
}

const disk = mountWithoutLinks();
afterAll(() => {
  if (disk === undefined) return;
  execFileSync('umount', [disk]);
  rmSync(dirname(disk), { recursive: true });
});

describe.skipIf(disk === undefined)('a store on a FAT disk (needs root on Linux and mkfs)', () =>
  conforms(() => inFiles(1, { dataDir: mkdtempSync(join(disk as string, 'data-')) })),
);

describe('a revision that is half written', () => {
  /** A record of two revisions, the higher of which is not whole. */
  async function half() {
    const backend = inFiles(1, { link: refuseLink });
    const mine = await backend.start();
    const stored = await put(mine, 'in_progress');
    const base = accountDir(backend.dataDir, ACCOUNT);
    const path = join(base, 'jobs', formatName(stored.id, stored.revision + 1));
    const whole = readFileSync(join(base, 'jobs', formatName(stored.id, stored.revision)), 'utf8');
    const names = () => readdirSync(join(base, 'jobs'));
    return { backend, base, stored, path, whole: whole.replace('in_progress', 'succeeded'), names };
  }

  it('is waited for while somebody writes it', async () => {
    const { backend, stored, path, whole } = await half();
    writeFileSync(path, whole.slice(0, 40));
    const listing = all(await backend.start());
    setTimeout(() => writeFileSync(path, whole), 40);
    expect(await listing).toMatchObject([{ id: stored.id, job: { state: 'succeeded' } }]);
  });

  it.each([0, 40])(
    'counts for nothing where its writer is gone (%i bytes), and the next one is above',
    async (bytes) => {
      const { backend, base, stored, path, whole, names } = await half();
      writeFileSync(path, whole.slice(0, bytes));
      const other = await backend.start();
      expect(await all(other)).toEqual([stored]);
      const updated = await other.store.update(stored.id, (job) => ({ ...job, cost_usd: 1 }));
      expect(updated).toMatchObject({
        revision: stored.revision + 2,
        job: { state: 'in_progress', cost_usd: 1 },
      });
      expect(names()).toHaveLength(1);
      expect(await all(await backend.start())).toEqual([updated]);
      expect(existsSync(join(base, 'set-aside'))).toBe(false);
    },
  );

  it('is written above where it is a folder', async () => {
    const { backend, stored, path, names } = await half();
    mkdirSync(path);
    const other = await backend.start();
    const updated = await other.store.update(stored.id, (job) => ({ ...job, cost_usd: 1 }));
    expect(updated).toMatchObject({ revision: stored.revision + 2 });
    expect(names()).toContain(formatName(stored.id, stored.revision + 2));
  });
});
