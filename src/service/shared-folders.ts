import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Config } from '../config/config.ts';
import { isWithin } from '../images/folders/paths.ts';

/** Why folders cannot be shared by tenants. */
export class FolderProblem extends Error {}

/** Throws FolderProblem if what all tenants may read is, or holds, what is one tenant's own. */
export async function checkSharedFolders({
  inputDirs,
  outputDir,
  autoSave,
  dataDir,
  service,
}: Pick<Config, 'inputDirs' | 'outputDir' | 'autoSave' | 'dataDir' | 'service'>): Promise<void> {
  const own: [flag: string, dir: string][] = [['--data-dir', dataDir]];
  if (service?.library?.in === 'folder') own.push(['--library', service.library.dir]);
  if (autoSave) own.push(['--output-dir', outputDir]);
  for (const shared of inputDirs)
    for (const [flag, dir] of own) {
      const [input, private_] = await Promise.all([realDir(shared), realDir(dir)]);
      if (isWithin(input, private_) || isWithin(private_, input))
        throw new FolderProblem(
          `--input-dir ${shared} and ${flag} ${dir} lie in each other: all tenants may read the first, and each has a folder of its own in the second`,
        );
    }
}

/** Where a folder really is, or would be made. */
const realDir = async (dir: string): Promise<string> =>
  realpath(dir).catch(async () =>
    dirname(dir) === dir ? dir : join(await realDir(dirname(dir)), basename(dir)),
  );
