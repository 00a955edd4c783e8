import { NAME } from '../../version.ts';
import { byName } from '../hosts/by-name.ts';
import { say } from '../terminal.ts';
import { snippets } from './snippets.ts';
import { ownStartCommand } from './start-command.ts';

/** Prints the snippets of all hosts, or of those whose names contain one of the words. Returns the exit code. */
export function printSnippets(words: readonly string[], sandbox: boolean): number {
  const all = snippets(ownStartCommand(sandbox));
  const found = byName(words, all, ({ host }) => host);
  if ('problem' in found) {
    process.stderr.write(`${NAME}: ${found.problem}\n`);
    return 2;
  }
  for (const { host, place, text, note } of words.length === 0 ? all : found.chosen) {
    say(`${host}: ${place}`, 'bold');
    say(text);
    if (note !== undefined) say(note, 'dim');
    say();
  }
  return 0;
}
