import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { anchorsOf, DOCUMENTS, type Document, isThere } from './documents.ts';

const LINK = /!?\[[^\]]*\]\(([^)\s]+)\)/g;

/** The links of a document that lead to files of the repository, as paths from the root. */
const linksOf = ({ path, prose }: Document) =>
  [...prose.matchAll(LINK)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', anchor] = link.split('#');
      return { link, anchor, target: file === '' ? path : normalize(join(dirname(path), file)) };
    });

it('every relative link leads to a file, and every anchor to a heading', () => {
  const broken = DOCUMENTS.flatMap((document) =>
    linksOf(document).flatMap(({ link, target, anchor }) => {
      if (!isThere(target)) return [`${document.path}: ${link}: no such file`];
      const headings = DOCUMENTS.find(({ path }) => path === target);
      if (anchor === undefined || (headings && anchorsOf(headings).includes(anchor))) return [];
      return [`${document.path}: ${link}: no such heading`];
    }),
  );
  expect([...new Set(broken)]).toEqual([]);
});

it('what the package ships links only to what it ships', () => {
  const always = ['README.md', 'LICENSE', 'package.json'];
  const isShipped = (path: string) =>
    [...packageJson.files, ...always].some((entry) => path === entry || path.startsWith(`${entry}/`));
  const missing = DOCUMENTS.filter(({ path }) => isShipped(path)).flatMap((document) =>
    linksOf(document).flatMap(({ link, target }) =>
      isShipped(target) ? [] : [`${document.path}: ${link}: not in "files" of package.json`],
    ),
  );
  expect([...new Set(missing)]).toEqual([]);
});

it('every document can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const path of reached) {
    const document = DOCUMENTS.find((each) => each.path === path);
    if (document) for (const { target } of linksOf(document)) reached.add(target);
  }
  const unreached = DOCUMENTS.map(({ path }) => path).filter((path) => !reached.has(path));
  // For agents, which look for them by their names.
  const isForAgents = (path: string) => /^((AGENTS|GEMINI)\.md$|skills\/)/.test(path);
  expect(unreached.filter((path) => !isForAgents(path))).toEqual([]);
});
