import type { Config } from '../../config/config.ts';
import { freeBytes, listFiles } from '../../images/library/folder/files.ts';
import { MIN_FREE } from '../../images/library/folder/folder-library.ts';
import type { Program } from '../../program.ts';
import { row, sizeText } from '../terminal.ts';
import { tryWriting } from './folders.ts';

/** Prints whether finished pictures are kept, and where. Calls work without. */
export async function checkLibrary(
  { keepImagesBytes, service }: Config,
  { libraryDir: dir }: Program,
): Promise<void> {
  if (service?.library?.in === 'store')
    return row('-', 'library', 'finished pictures are kept in the database of --store');
  const files = await listFiles(dir).catch(() => []);
  const used = sizeText(files.reduce((sum, { bytes }) => sum + bytes, 0));
  if (keepImagesBytes === 0) {
    const left = files.length > 0 ? `; ${used} from before are in ${dir}` : '';
    return row('-', 'library', `off: finished pictures are not kept, and their links expire${left}`);
  }
  const failed = await tryWriting(dir);
  if (failed !== undefined)
    return row('warn', 'library', `${dir} cannot be written (${failed}): finished pictures are not kept`);
  const full = `${used} of ${sizeText(keepImagesBytes)} used`;
  const free = await freeBytes(dir);
  if (free < MIN_FREE)
    return row(
      'warn',
      'library',
      `only ${sizeText(free)} of disk free: below ${sizeText(MIN_FREE)} nothing more is kept in ${dir}; ${full}`,
    );
  row('yes', 'library', `${dir} can be written; ${full}`);
}
