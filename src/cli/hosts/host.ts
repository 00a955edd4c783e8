import type { StartCommand } from '../snippets/start-command.ts';

/** The name of this server in the configurations of hosts. */
export const SERVER = 'runcomfy-image';

/** The variables that an entry sets for the server. */
export type EntryEnv = Readonly<Record<string, string>>;

/** A program that starts this server: how it is found, where its configuration is, and what goes there. */
export interface Host {
  name: string;
  /**
   * Its configuration for all projects: the first of these files that exists, else the last. `find.ts` expands `~` and
   * `{…}`.
   */
  files: readonly string[];
  /** Besides these files, folders that show that it is installed. */
  signs: readonly string[];
  /** Its program, if it puts one into PATH. */
  program?: string;
  /** JSON may have comments and trailing commas. */
  format: 'json' | 'toml';
  /** The property that holds the entries of all servers. */
  section: string;
  entry(start: StartCommand, env?: EntryEnv): Record<string, unknown>;
  /** Arguments of its program that add and remove the entry, where that keeps the file as well as we do. */
  own?: { add: (words: readonly string[]) => string[]; remove: readonly string[] };
  /** What to paste where the user edits the configuration by hand, if that is not the entry in its section. */
  paste: {
    place: string;
    language?: 'sh';
    text?: (line: string, key: string) => string;
    /** Other properties of the file. */
    around?: object;
    /** What stands for the key, if the host asks the user for it. */
    key?: string;
  };
  note?: string;
  /** A page that opens the host and lets it install an entry. */
  link?: (entry: Record<string, unknown>) => string;
}

/** The entry of most hosts. */
export const plainEntry: Host['entry'] = ({ command, args }, env) => ({ command, args, ...(env && { env }) });

/** JSON as links carry it. */
export const base64 = (value: object): string =>
  encodeURIComponent(Buffer.from(JSON.stringify(value)).toString('base64'));
