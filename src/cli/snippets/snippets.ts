import { type Host, SERVER } from '../hosts/host.ts';
import { HOSTS } from '../hosts/index.ts';
import { KEY, librarySnippets, type Snippet } from './library-snippets.ts';
import type { StartCommand } from './start-command.ts';
import { tomlTable } from './toml-table.ts';

/** Snippets for all documented hosts, for one way of starting the server. */
export const snippets = (start: StartCommand): Snippet[] => [
  ...HOSTS.map((host) => hostSnippet(host, start)),
  ...librarySnippets(start),
];

function hostSnippet(
  { name: host, format, section, entry, paste, note }: Host,
  start: StartCommand,
): Snippet {
  const { place, language = format, around, key = KEY } = paste;
  const value = entry(start, { RUNCOMFY_API_KEY: key });
  const text =
    paste.text?.([start.command, ...start.args].map(quoted).join(' '), key) ??
    (format === 'toml'
      ? tomlTable([section, SERVER], value)
      : JSON.stringify({ ...around, [section]: { [SERVER]: value } }, null, 2));
  return { host, place, language, text, note };
}

/** A word as a POSIX shell takes it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
