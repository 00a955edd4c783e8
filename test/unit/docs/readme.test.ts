import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { filesBelow, ROOT, readDocument } from './documents.ts';
import { SECTIONS } from './sections.ts';

const marked = (name: string) =>
  new RegExp(`(<!-- ${name}: made by npm run accept -->\n)(?:[\\s\\S]*?\n)?(<!-- /${name} -->)`);

describe.each(SECTIONS)('the $name in $document', ({ document, name, make }) => {
  it('are what the code says (accept a change with: npm run accept)', async () => {
    const made = await make();
    const path = join(ROOT, document);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(marked(name));
    const expected = text.replace(marked(name), (_, open, close) => `${open}${made}\n${close}`);
    if (process.env.ACCEPT) writeFileSync(path, expected);
    else expect(text).toBe(expected);
  });
});

describe('the documents', () => {
  it('README.md has at most 1,300 words', () => {
    // As wc -w counts them.
    const words = readDocument('README.md').text.split(/\s+/).filter(Boolean);
    expect(words.length).toBeLessThanOrEqual(1_300);
  });

  it('AGENTS.md has at most 60 lines and names folders, not files', () => {
    const { text } = readDocument('AGENTS.md');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(60);
    const layout = /^```\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? '';
    const named = [...layout.matchAll(/^(src\/\S+)/gm)].map(([, path = '']) => path);
    const folders = filesBelow('src').map((path) => `${path.split('/').slice(0, -1).join('/')}/`);
    const inFolders = [...new Set(folders)].filter((path) => path !== 'src/');
    // A folder may be told of with the one above it.
    expect(inFolders.filter((path) => !named.some((each) => path.startsWith(each)))).toEqual([]);
    expect(named.filter((path) => !folders.includes(path))).toEqual([]);
  });

  it('docs/architecture.md gives every dependency a reason', () => {
    const { spans } = readDocument('docs/architecture.md');
    const names = Object.keys({ ...packageJson.optionalDependencies, ...packageJson.devDependencies });
    expect(names.filter((name) => !name.startsWith('@types/') && !spans.includes(name))).toEqual([]);
  });
});
