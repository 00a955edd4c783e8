import { parse, TomlError } from 'smol-toml';
import { objectOf } from '../../json.ts';
import { tomlTable } from '../snippets/toml-table.ts';
import { type Edit, type Format, lineEnd, Refusal } from './edit.ts';

const OPTIONS = { integersAsBigInt: 'asNeeded' } as const;

/** TOML: our table goes to the end, as a block of lines. `change.ts` checks what came of it, so this may look at lines. */
export const toml: Format = {
  parse(text) {
    try {
      return parse(text, OPTIONS);
    } catch (error) {
      if (!(error instanceof TomlError)) throw error;
      const [what = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
      throw new Refusal(`is not valid TOML: ${what} at line ${error.line}, column ${error.column}`);
    }
  },

  put(text, section, name, entry) {
    const eol = lineEnd(text);
    const block = tomlTable([section, name], entry).replaceAll('\n', eol);
    // Lines that only look like a table may stand in a text.
    const isThere = name in objectOf(objectOf(parse(text, OPTIONS))[section]);
    const old = isThere ? blockOf(text, section, name) : undefined;
    if (old) return [{ ...old, insert: block }];
    const gap = text === '' ? '' : text.endsWith('\n') ? eol : eol + eol;
    return [{ at: text.length, remove: 0, insert: gap + block + eol }];
  },

  take(text, section, name) {
    const old = blockOf(text, section, name);
    if (!old) return [];
    const isLast = text.slice(old.at + old.remove).trim() === '';
    const [after = ''] = /^\r?\n/.exec(text.slice(old.at + old.remove)) ?? [];
    // The blank line that was put before it, too.
    const [gap = ''] = isLast ? (/(?<=\n)\r?\n$/.exec(text.slice(0, old.at)) ?? []) : [];
    return [{ at: old.at - gap.length, remove: gap.length + old.remove + after.length, insert: '' }];
  },
};

/** The lines of a table and of those within it, without blank lines and comments at their end. */
function blockOf(text: string, section: string, name: string): Pick<Edit, 'at' | 'remove'> | undefined {
  const bare = (word: string) => `(?:${word}|"${word}"|'${word}')`;
  const header = (end: string) =>
    new RegExp(`^[ \\t]*\\[[ \\t]*${bare(section)}[ \\t]*\\.[ \\t]*${bare(name)}[ \\t]*${end}`);
  const [own, within] = [header('\\]'), header('\\.')];
  let block: { at: number; remove: number } | undefined;
  let isInside = false;
  let at = 0;
  for (const line of text.split(/(?<=\n)/)) {
    // The last one: an earlier one stands in a text, as no table may be there twice.
    if (own.test(line)) {
      block = { at, remove: 0 };
      isInside = true;
    } else if (/^[ \t]*\[/.test(line) && !within.test(line)) isInside = false;
    const content = line.trimEnd();
    if (block && isInside && content !== '' && !/^\s*#/.test(content))
      block.remove = at + content.length - block.at;
    at += line.length;
  }
  return block;
}
