import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a file that appears whole or not at all, for its owner alone. `place` gives the synced file its name: `rename`
 * replaces an earlier one, `link` refuses to. Throws what the file system throws; then nothing of it is left.
 */
export async function writeWhole(
  path: string,
  content: string | Buffer,
  place: (temporary: string, path: string) => Promise<void>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await writeSynced(temporary, content, 'w');
    await place(temporary, path);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/** Writes a file under its own name, synced. */
export async function writeSynced(path: string, content: string | Buffer, flags: 'w' | 'wx'): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
