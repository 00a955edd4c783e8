import { join } from 'node:path';
import { didYouMean, plain } from '../../did-you-mean.ts';
import { NAME } from '../../version.ts';
import { say } from '../terminal.ts';
import { snippets } from './snippets.ts';
import { startCommand } from './start-command.ts';

/** Prints the snippets of all hosts, or of those whose names contain one of the words. Returns the exit code. */
export function printSnippets(words: readonly string[], sandbox: boolean): number {
  const { args, ...start } = startCommand({
    main: join(import.meta.dirname, 'main.js'),
    execPath: process.execPath,
    PATH: process.env.PATH,
    isElectron: process.versions.electron !== undefined,
  });
  const all = snippets({ ...start, args: [...args, ...(sandbox ? ['--sandbox'] : [])] });
  const named = (word: string) => all.filter(({ host }) => plain(host).includes(plain(word)));
  const unknown = words.find((word) => named(word).length === 0);
  if (unknown !== undefined) {
    const hosts = all.map(({ host }) => host);
    const near = didYouMean(unknown, hosts);
    process.stderr.write(`${NAME}: unknown host "${unknown}"${near}; hosts are ${hosts.join(', ')}\n`);
    return 2;
  }
  const chosen = new Set(words.flatMap(named));
  for (const { host, place, text, note } of all.filter((each) => words.length === 0 || chosen.has(each))) {
    say(`${host}: ${place}`, 'bold');
    say(text);
    if (note !== undefined) say(note, 'dim');
    say();
  }
  return 0;
}
