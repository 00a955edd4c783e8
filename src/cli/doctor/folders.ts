import { randomUUID } from 'node:crypto';
import { mkdir, open, opendir, readFile, rmdir, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { NAME } from '../../version.ts';

/** Makes a folder and a synced file in it, as a call would, and removes both. Resolves with the code of what failed. */
export async function tryWriting(path: string): Promise<string | undefined> {
  const folder = resolve(path);
  const made: string[] = [];
  try {
    await makeFolder(folder, made);
    return await tryFile(join(folder, `.${NAME}-${randomUUID()}.tmp`));
  } catch (error) {
    return codeOf(error);
  } finally {
    // Fails, as it should, for a folder that another process uses by now.
    for (const each of made.reverse()) await rmdir(each).catch(() => {});
  }
}

/** Makes a folder and its parents, and lists them in `made`. (Node's recursive mkdir never returns from /proc.) */
async function makeFolder(folder: string, made: string[]): Promise<void> {
  const make = async () => {
    await mkdir(folder, { mode: 0o700 });
    made.push(folder);
  };
  await make().catch(async (error) => {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder), made);
    await make();
  });
}

async function tryFile(path: string): Promise<string | undefined> {
  const content = randomUUID();
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content).finally(() => file.sync().finally(() => file.close()));
    return (await readFile(path, 'utf8')) === content ? undefined : 'what was written is not what was read';
  } finally {
    await unlink(path);
  }
}

/** Opens a folder. Resolves with the code of what failed. */
export async function tryReading(folder: string): Promise<string | undefined> {
  try {
    await (await opendir(folder)).close();
  } catch (error) {
    return codeOf(error);
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? (error as Error).message;
