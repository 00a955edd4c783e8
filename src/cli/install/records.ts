import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../errors.ts';
import { objectOf, parseJson } from '../../json.ts';
import { createFile, linkFile } from '../../stores/file/disk.ts';
import { writeWhole } from '../../whole-file.ts';
import { Refusal } from './edit.ts';

/** What was done to one configuration, as it is needed to undo it. */
export interface Installed {
  host: string;
  /** The file that was changed. */
  path: string;
  /** The SHA-256 of it as `install` left it. */
  hash: string;
  entry: object;
  /** The name of its copy without the entry; null if the file did not exist. */
  backup: string | null;
  /** Folders that were made for it, the outermost first. */
  folders: string[];
}

/** The records of `install` in its folder, with the copies of what it changed. */
export type Records = ReturnType<typeof createRecords>;

export function createRecords(dir: string) {
  const file = join(dir, 'installed.json');
  const backups = join(dir, 'backups');
  /** Makes the folder, for its owner alone even if it was there. */
  async function makeDir(path: string) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o700);
  }
  async function save(path: string, content: string | Buffer) {
    await makeDir(dir);
    await writeWhole(path, content, rename);
  }

  async function list(): Promise<Installed[]> {
    const text = await readFile(file, 'utf8').catch((error) => {
      if (codeOf(error) === 'ENOENT') return '{}';
      throw error;
    });
    const { installed } = objectOf(parseJson(text));
    return Array.isArray(installed) ? installed.filter(isInstalled) : [];
  }
  const saveList = async (installed: readonly Installed[]) =>
    save(file, `${JSON.stringify({ installed }, null, 2)}\n`);
  const others = async (path: string) => (await list()).filter((one) => one.path !== path);

  /** Removes what is left when nothing is installed any more; a folder with anything else in it stays. */
  async function clear() {
    await rm(file, { force: true });
    for (const folder of [backups, dir]) await rmdir(folder).catch(() => {});
  }

  return {
    list,
    of: async (path: string) => (await list()).find((one) => one.path === path),
    add: async (one: Installed) => saveList([...(await others(one.path)), one]),
    async drop({ path, backup }: Installed) {
      await saveList(await others(path));
      if (backup !== null) await rm(join(backups, backup), { force: true });
    },
    /** Keeps a copy of a configuration; resolves with its name. */
    async backUp(host: string, content: Buffer): Promise<string> {
      const name = `${host.toLowerCase().replace(/[^a-z]+/g, '-')}-${randomUUID().slice(0, 8)}`;
      await makeDir(dir);
      await makeDir(backups);
      await save(join(backups, name), content);
      return name;
    },
    dropBackup: async (name: string) => rm(join(backups, name), { force: true }),
    backupPath: (name: string) => join(backups, name),
    readBackup: async (name: string) => readFile(join(backups, name)).catch(() => undefined),
    storeKey: async (keyFile: string, key: string) => save(keyFile, `${key}\n`),
    /** Works while no other `install` or `uninstall` does. Throws Refusal if one is under way. */
    async alone<Result>(work: () => Promise<Result>): Promise<Result> {
      const lock = join(dir, 'lock');
      await makeDir(dir);
      // It appears with its pid in it, or not at all: whoever was killed before holds nothing.
      const take = () => createFile(lock, String(process.pid), linkFile);
      if (!(await take())) {
        const pid = Number(await readFile(lock, 'utf8').catch(() => ''));
        // Whoever renames it takes it away, once.
        const stale = `${lock}.${randomUUID()}`;
        if (pid !== 0 && !isRunning(pid)) await rename(lock, stale).catch(() => {});
        await rm(stale, { force: true });
        if (!(await take()))
          throw new Refusal(`Another install or uninstall is under way; if none is, remove ${lock}`);
      }
      try {
        return await work();
      } finally {
        await rm(lock, { force: true });
        if ((await list()).length === 0) await clear();
      }
    },
  };
}

function isInstalled(value: unknown): value is Installed {
  const { host, path, hash, entry, backup, folders } = objectOf(value);
  return (
    [host, path, hash].every((each) => typeof each === 'string') &&
    typeof entry === 'object' &&
    (backup === null || (typeof backup === 'string' && /^[a-z0-9-]+$/.test(backup))) &&
    Array.isArray(folders) &&
    folders.every((each) => typeof each === 'string')
  );
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
