import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');

/** A Markdown file of the repository. */
export interface Document {
  /** Its path from the root. */
  readonly path: string;
  readonly text: string;
  /** Its text without code blocks. */
  readonly prose: string;
  /** The contents of its code blocks. */
  readonly blocks: readonly string[];
  /** What stands in backticks within its prose. */
  readonly spans: readonly string[];
}

const BLOCK = /^```[^\n]*\n([\s\S]*?)^```$/gm;
const SPAN = /`([^`\n]+)`/g;

/** Reads a document by its path from the root. */
export function readDocument(path: string): Document {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const prose = text.replace(BLOCK, '');
  const found = (pattern: RegExp, where: string) =>
    [...where.matchAll(pattern)].map(([, inner = '']) => inner);
  return { path, text, prose, blocks: found(BLOCK, text), spans: found(SPAN, prose) };
}

// A changelog names things as they were called at the time.
const HISTORY = 'CHANGELOG.md';

/** All files below a folder, as paths from the root. */
export const filesBelow = (dir: string): string[] =>
  readdirSync(join(ROOT, dir), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));

/** What hosts and MCP prompts give to agents. */
export const SKILL_DOCUMENTS: readonly Document[] = filesBelow('skills').map(readDocument);

/** Every document for readers of the repository, and the skills. */
export const DOCUMENTS: readonly Document[] = [
  ...['.', 'docs']
    .flatMap((dir) => readdirSync(join(ROOT, dir)).map((name) => join(dir, name)))
    .filter((path) => path.endsWith('.md') && path !== HISTORY)
    .map(readDocument),
  ...SKILL_DOCUMENTS,
];

export const isThere = (path: string): boolean => existsSync(join(ROOT, path));

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf({ prose }: Document): string[] {
  const counts = new Map<string, number>();
  return [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
    const slug = heading
      .trim()
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}
