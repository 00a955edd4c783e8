import type { Host } from '../hosts/host.ts';
import { ownStartCommand, type StartCommand } from '../snippets/start-command.ts';
import { changed, entryIn, isSame } from './change.ts';
import {
  type ConfigFile,
  hashOf,
  makeFolderOf,
  readConfigFile,
  removeFolders,
  replace,
} from './config-file.ts';
import { Refusal } from './edit.ts';
import { configOf } from './find.ts';
import { ownCommand } from './own-command.ts';
import type { Installed, Records } from './records.ts';

/** What is to be done to one configuration; `text` shows it. */
export interface Plan {
  path: string;
  text: string;
  perform: () => Promise<void>;
}

/** Plans to add the server to a host; or tells why there is nothing to do. Throws Refusal. */
export async function planToAdd(
  host: Host,
  start: StartCommand,
  records: Records,
): Promise<Plan | 'there' | 'by hand'> {
  const given = configOf(host);
  const file = await readConfigFile(given);
  const entry = host.entry(start);
  const old = entryIn(file.text, host);
  if (isSame(old, entry)) return 'there';
  const record = await records.of(file.path);
  if (old !== undefined && !isOurs(old, host, record)) return 'by hand';
  const change = changed(file.text, host, entry);
  const own = ownCommand(host);
  const words = [start.command, ...start.args];
  return {
    path: file.path,
    text: own ? `  $ ${own.addText(words)}` : shown(change.before, change.edits),
    perform: own
      ? async () =>
          withBackup(host, file, record, records, async (save) => {
            if (old !== undefined) await own.remove();
            await own.add(words);
            const now = await readConfigFile(given);
            if (!now.bytes || !isSame(entryIn(now.text, host), entry))
              throw new Refusal(`has no such entry, though ${host.program} reported no error`);
            await save(hashOf(now.bytes), entry);
          })
      : async () =>
          withBackup(host, file, record, records, async (save) => {
            const content = Buffer.from(change.after);
            // First, so that whatever happens then can be undone.
            await save(hashOf(content), entry);
            await replace(file, content);
          }),
  };
}

/** Whether an entry is one that `install` made, or would make. */
export const isOurs = (entry: unknown, host: Host, record: Installed | undefined): boolean =>
  (record !== undefined && isSame(entry, record.entry)) ||
  [true, false].some((sandbox) => isSame(entry, host.entry(ownStartCommand(sandbox))));

/** Changes a file with a copy of it as it is without our entry; if that fails, nothing of the attempt is left. */
async function withBackup(
  host: Host,
  file: ConfigFile,
  record: Installed | undefined,
  records: Records,
  work: (save: (hash: string, entry: object) => Promise<void>) => Promise<void>,
): Promise<void> {
  const { path, bytes, text } = file;
  const isUntouched = record !== undefined && bytes !== undefined && hashOf(bytes) === record.hash;
  const folders = bytes === undefined ? await makeFolderOf(path) : (record?.folders ?? []);
  const original = () =>
    Buffer.from(entryIn(text, host) === undefined ? text : changed(text, host, undefined).after);
  const made =
    bytes === undefined || isUntouched ? undefined : await records.backUp(host.name, bytes && original());
  const backup = made ?? (isUntouched ? record.backup : null);
  try {
    await work((hash, entry) => records.add({ host: host.name, path, hash, entry, backup, folders }));
    if (record?.backup && record.backup !== backup) await records.dropBackup(record.backup);
  } catch (error) {
    if (record) await records.add(record);
    else await records.drop({ host: host.name, path, hash: '', entry: {}, backup: null, folders });
    if (made !== undefined) await records.dropBackup(made);
    if (bytes === undefined) await removeFolders(folders);
    throw error;
  }
}

/** A change as lines with their numbers, without commas that come or go. Nothing else of the file is shown, as there may be secrets in it. */
export function shown(text: string, edits: ReturnType<typeof changed>['edits']): string {
  const told = edits.filter(({ remove, insert }) => remove > 1 || insert.length > 1);
  const lines = told.flatMap(({ at, remove, insert }) => {
    const number = text.slice(0, at).split('\n').length;
    const list = (mark: string, part: string) =>
      part.split(/\r?\n/).flatMap((line) => (line.trim() === '' ? [] : `  ${mark} ${line}`));
    return [`  at line ${number}`, ...list('-', text.slice(at, at + remove)), ...list('+', insert)];
  });
  return lines.join('\n');
}
