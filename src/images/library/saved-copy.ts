import { readFile, stat } from 'node:fs/promises';
import type { Original } from '../../jobs/job.ts';
import { sha256Of } from './library.ts';

/** The first copy of an original that still is that copy, of those whose paths are wanted. Never throws. */
export async function findSavedCopy(
  { saved = [], sha256, bytes }: Original,
  isWanted: (path: string) => boolean = () => true,
): Promise<{ path: string; data: Buffer } | undefined> {
  for (const path of saved.filter(isWanted)) {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile() || found.size !== bytes) continue;
    const data = await readFile(path).catch(() => undefined);
    if (data && sha256Of(data) === sha256) return { path, data };
  }
  return undefined;
}
