import type { Host } from '../hosts/host.ts';
import { isOurs, type Plan, shown } from './add.ts';
import { changed, entryIn } from './change.ts';
import { hashOf, readConfigFile, remove, removeFolders, replace } from './config-file.ts';
import { ownCommand } from './own-command.ts';
import type { Records } from './records.ts';

/**
 * Plans to take the server out of a configuration: back to the copy if the file is as `install` left it, else without
 * our entry. Throws Refusal.
 */
export async function planToTake(
  host: Host,
  given: string,
  records: Records,
): Promise<Plan | 'not there' | 'by hand'> {
  const file = await readConfigFile(given);
  const { path, bytes, text } = file;
  const record = await records.of(path);
  const forget = async () => {
    if (record) await records.drop(record);
  };
  const finish = (how: string, work: () => Promise<void>): Plan => ({
    path,
    text: how,
    perform: async () => {
      await work();
      await forget();
    },
  });
  // What a host's own command made holds more than the entry, and is the host's.
  const isMade = record?.backup === null && !host.own;
  if (record && bytes && hashOf(bytes) === record.hash) {
    if (isMade)
      return finish('  removed, as install made it', async () => {
        await remove(file);
        await removeFolders(record.folders);
      });
    const backup = record.backup === null ? undefined : await records.readBackup(record.backup);
    if (backup) return finish('  back to what it was before install', async () => replace(file, backup));
  }
  const entry = entryIn(text, host);
  if (entry === undefined) return record ? finish('  has no entry any more', async () => {}) : 'not there';
  if (!isOurs(entry, host, record)) return 'by hand';
  const own = ownCommand(host);
  if (own) return finish(`  $ ${own.removeText}`, own.remove);
  const change = changed(text, host, undefined);
  return finish(shown(change.before, change.edits), async () => replace(file, Buffer.from(change.after)));
}
