import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConfigFile, remove, replace } from '../../src/cli/install/config-file.ts';
import { freshDataDir } from '../support/program.ts';

/** A configuration with this content, as it was read. */
async function configFile(content: string | undefined) {
  const dir = freshDataDir();
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'mcp.json');
  if (content !== undefined) writeFileSync(path, content);
  return { path, dir, file: await readConfigFile(path) };
}

it.each([
  ['changed', 'old', 'new'],
  ['made', undefined, 'new'],
  ['removed', 'old', undefined],
])('a configuration that another program %s meanwhile is left to it', async (_, before, meanwhile) => {
  const { path, dir, file } = await configFile(before);
  if (meanwhile === undefined) rmSync(path);
  else writeFileSync(path, meanwhile);
  await expect(replace(file, Buffer.from('ours'))).rejects.toThrow(/meanwhile|cannot be written/);
  await expect(remove(file)).rejects.toThrow('meanwhile');
  expect(readdirSync(dir)).toEqual(meanwhile === undefined ? [] : ['mcp.json']);
  if (meanwhile !== undefined) expect(readFileSync(path, 'utf8')).toBe(meanwhile);
});

it('keeps its mode, and its owner', async () => {
  const { path, file } = await configFile('old');
  chmodSync(path, 0o664);
  await replace(file, Buffer.from('ours'));
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o7777]).toEqual(['ours', 0o664]);
});
