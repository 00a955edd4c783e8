import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tryReading, tryWriting } from '../../src/cli/doctor/folders.ts';
import { freshDataDir } from '../support/program.ts';

function fresh(): string {
  const dir = freshDataDir();
  mkdirSync(dir);
  return dir;
}

describe('tryWriting', () => {
  it.each(['', 'is', 'is/', 'not/there', 'is/not/there/'])('leaves %j as it was', async (folder) => {
    const root = fresh();
    mkdirSync(join(root, 'is'));
    expect(await tryWriting(`${root}/${folder}`)).toBeUndefined();
    expect(readdirSync(root, { recursive: true })).toEqual(['is']);
  });

  it('tells what fails, and takes back what it had made by then', async () => {
    const root = fresh();
    writeFileSync(join(root, 'file'), '');
    expect(await tryWriting(join(root, 'file'))).toBe('ENOTDIR');
    expect(await tryWriting(join(root, 'file/below'))).toBe('ENOTDIR');
    expect(await tryWriting(join(root, 'a/b', 'x'.repeat(300)))).toBe('ENAMETOOLONG');
    expect(readdirSync(root)).toEqual(['file']);
  });

  // Where making a folder fails as if the one above it were missing, Node's recursive way never ends.
  it.skipIf(process.platform !== 'linux')('comes back from /proc', async () => {
    expect(await tryWriting('/proc/runcomfy/jobs')).toBe('ENOENT');
  });
});

describe('tryReading', () => {
  it('tells what fails', async () => {
    const root = fresh();
    expect(await tryReading(root)).toBeUndefined();
    expect(await tryReading(join(root, 'none'))).toBe('ENOENT');
  });
});
