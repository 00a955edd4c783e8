import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { KEY_VARIABLES } from '../../../src/config/config.ts';
import { COMMAND_WORDS, SETTINGS } from '../../../src/config/settings.ts';
import { takesImages, waitBudget } from '../../../src/mcp/hosts.ts';
import { DOCUMENTS, type Document, filesBelow, isThere, ROOT, readDocument } from './documents.ts';

// Documents name things in prose, where no compiler sees them. Each test lists all that is wrong at once.

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const sources = filesBelow('src').filter((path) => /\.(ts|css)$/.test(path));
const tests = filesBelow('test').filter((path) => path.endsWith('.ts') && !path.startsWith('test/docs/'));
const textOf = (paths: readonly string[]) => paths.map(read).join('\n');

/** What is wrong in all documents: `find` gives what a document names, `problem` what is wrong with one of those. */
function problems<Named>(
  find: (document: Document) => Iterable<Named>,
  problem: (named: Named) => string | undefined,
  documents = DOCUMENTS,
): string[] {
  const all = documents.flatMap((document) =>
    [...find(document)].flatMap((named) => {
      const text = problem(named);
      return text === undefined ? [] : [`${document.path}: ${text}`];
    }),
  );
  return [...new Set(all)];
}

const matches = (pattern: RegExp, text: string) => [...text.matchAll(pattern)].map(([, found = '']) => found);
const inCode = ({ spans, blocks }: Document) => [...spans, ...blocks].join('\n');
const elsewhere = (found: readonly string[]) => (found.length === 0 ? '' : `; it is in ${found.join(', ')}`);

it('every path exists', () => {
  const PATH = /(?<![\w/.-])((?:src|test|docs|scripts|deploy|\.ci)\/[\w./-]*)/g;
  const files = ['src', 'test', 'docs', 'scripts', 'deploy'].flatMap(filesBelow);
  const wrong = problems(
    // A sentence may end behind a path, and a pattern is one up to its last folder.
    ({ text }) => matches(PATH, text).map((path) => path.replace(/[.-]+$/, '')),
    (path) => {
      if (isThere(path)) return undefined;
      return `${path} does not exist${elsewhere(files.filter((file) => basename(file) === basename(path)))}`;
    },
  );
  expect(wrong).toEqual([]);
});

describe('the tests that documents cite', () => {
  // As in: `test/unit/layers.test.ts` “is imported downwards only”, “has a place for every file”
  const CITED = /`(test\/[\w./-]+\.ts)`((?:,? “[^”]+”)*)/g;
  const cited = (document: Document) =>
    [...document.prose.matchAll(CITED)].flatMap(([, file = '', titles = '']) =>
      matches(/“([^”]+)”/g, titles).map((title) => ({ file, title })),
    );
  const holds = (file: string, title: string) =>
    isThere(file) && ["'", '"', '`'].some((quote) => read(file).includes(`${quote}${title}${quote}`));

  it('exist, each with its title', () => {
    const wrong = problems(cited, ({ file, title }) => {
      if (holds(file, title)) return undefined;
      return `${file} has no “${title}”${elsewhere(tests.filter((other) => holds(other, title)))}`;
    });
    expect(wrong).toEqual([]);
  });

  it.each(['docs/reliability.md', 'SECURITY.md'])('stand in every row of what %s promises', (path) => {
    const rows = readDocument(path)
      .prose.split('\n')
      .filter((line) => /^\| /.test(line));
    const isHead = (index: number) =>
      /^\| ---/.test(rows[index] ?? '') || /^\| ---/.test(rows[index + 1] ?? '');
    const unproven = rows.filter((row, index) => !isHead(index) && !/`test\/[^`]+` “/.test(row));
    expect(unproven).toEqual([]);
  });
});

it('every flag exists', () => {
  // Flags of other programs that documents tell how to call.
  const OTHERS = [
    ...[
      '--project',
      '--env',
      '--write',
      '--json',
      '--peer',
      '--ref',
      '--read-only',
      '--stop-timeout',
      '--build',
      '--no-deps',
    ],
    // Of clients.
    ...['--transport', '--header', '--cli', '--method', '--protocol-era'],
  ];
  const ours = [...SETTINGS.keys()].map((flag) => `--${flag}`);
  const wrong = problems(
    (document) => matches(/(?<![\w-])(--[a-z][a-z-]*)/g, inCode(document)),
    (flag) => (ours.includes(flag) || OTHERS.includes(flag) ? undefined : `${flag} is no flag`),
  );
  expect(wrong).toEqual([]);
});

it('every variable exists', () => {
  const known = [...[...SETTINGS.values()].map(({ variable }) => variable), ...KEY_VARIABLES].join(' ');
  const elsewhereRead = textOf([...sources, ...tests, ...filesBelow('scripts'), 'package.json']);
  const wrong = problems(
    (document) => matches(/(?<![\w{])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|ACCEPT)(?![\w…])/g, inCode(document)),
    (name) => {
      const isOurs = name.startsWith('RUNCOMFY_') && name !== 'RUNCOMFY_CONFIG_DIR';
      const isKnown = isOurs ? known.split(' ').includes(name) : elsewhereRead.includes(name);
      return isKnown ? undefined : `${name} is read nowhere`;
    },
  );
  expect(wrong).toEqual([]);
});

it('every tool, field, state and error code exists', () => {
  const words = new Set(textOf(sources).match(/\w+/g));
  const toolNames = read('README.md');
  const wrong = problems(
    ({ spans }) => spans.filter((span) => /^[a-z0-9]+(_[a-z0-9]+)+$/.test(span)),
    (name) => (words.has(name) || toolNames.includes(`\n| \`${name}\``) ? undefined : `${name} is unknown`),
  );
  expect(wrong).toEqual([]);
});

it('every npm script and every command exists', () => {
  const scripts = Object.keys(packageJson.scripts);
  const inScripts = problems(
    (document) => matches(/npm run (?:--silent )?([\w:-]+)/g, document.text),
    (script) => (scripts.includes(script) ? undefined : `npm run ${script} is not in package.json`),
  );
  const commands: readonly string[] = COMMAND_WORDS;
  const ours = problems(
    (document) => matches(/(?:dist\/main\.js|runcomfy-image-mcp) ([a-z]+)(?![\w/])/g, inCode(document)),
    (command) => (commands.includes(command) ? undefined : `${command} is no command`),
  );
  expect([...inScripts, ...ours]).toEqual([]);
});

it('docs/reliability.md explains every error code', () => {
  const codes = matches(/^\s+\| '(\w+)'/gm, /ErrorCode =([\s\S]*?);/.exec(read('src/errors.ts'))?.[1] ?? '');
  expect(codes.length).toBeGreaterThan(10);
  const { spans } = readDocument('docs/reliability.md');
  expect(codes.filter((code) => !spans.includes(code))).toEqual([]);
});

it('docs/hosts.md has the waits and the previews of src/mcp/hosts.ts', () => {
  const rows = readDocument('docs/hosts.md').prose.matchAll(
    /^\| ([^|]+)\| `([^`|]+)` \|([^|]+)\|([^|]+)\|([^|]+)\|/gm,
  );
  const told = [...rows].map(([, , name = '', , handsOver = '', previews = '']) => {
    const seconds = (wait: number) => (Number.isFinite(wait) ? `${wait} s` : 'no limit');
    const [plain, followed] = [waitBudget(name, false), waitBudget(name, true)].map(seconds);
    const expected = plain === followed ? plain : `${followed} with progress, else ${plain}`;
    return {
      name,
      told: `${handsOver.trim()}; previews ${previews.trim()}`,
      expected: `${expected}; previews ${takesImages(name) ? 'yes' : 'no'}`,
    };
  });
  expect(told.length).toBeGreaterThan(7);
  expect(told.filter((row) => row.told !== row.expected)).toEqual([]);
});
