import { join } from 'node:path';
import { didYouMean, plain } from '../../did-you-mean.ts';
import { NAME } from '../../version.ts';
import { say } from '../terminal.ts';
import type { Snippet } from './snippet.ts';
import { snippets } from './snippets.ts';
import { startCommand } from './start-command.ts';

/**
 * Prints what to paste into the hosts whose names hold one of the words, or into all where no word is given. Returns
 * the exit code: 2 where a word is in no name.
 */
export function printSnippets(words: readonly string[], sandbox: boolean): number {
  const { args, ...start } = startCommand({
    main: join(import.meta.dirname, 'main.js'),
    execPath: process.execPath,
    PATH: process.env.PATH,
    isElectron: process.versions.electron !== undefined,
  });
  const all = snippets({ ...start, args: [...args, ...(sandbox ? ['--sandbox'] : [])] });
  const hosts = all.map(({ host }) => host);
  const unknown = words.find((word) => !hosts.some((host) => plain(host).includes(plain(word))));
  if (unknown !== undefined) {
    const near = didYouMean(unknown, hosts);
    process.stderr.write(`${NAME}: unknown host "${unknown}"${near}; hosts are ${hosts.join(', ')}\n`);
    return 2;
  }
  const isAsked = ({ host }: Snippet) =>
    words.length === 0 || words.some((word) => plain(host).includes(plain(word)));
  for (const { host, place, text, note } of all.filter(isAsked)) {
    say(`${host}: ${place}`, 'bold');
    say(text);
    if (note !== undefined) say(note, 'dim');
    say();
  }
  return 0;
}
