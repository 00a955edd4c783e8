// Turns fonts into outlines: `import { outlines } from '<package>/<font>.woff?outlines'` gives [advance, SVG path] for every
// character, so that no font is needed at run time. The same for the bundle (esbuild) and for tests that run from src (vite).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import opentype from 'opentype.js';

const QUERY = '?outlines';
const SUFFIX = /\.woff\?outlines$/;
// Units per font size.
const UNITS = 1000;

const fileOf = (/** @type {string} */ id) =>
  createRequire(import.meta.url).resolve(id.slice(0, -QUERY.length));

/**
 * The module that such an import gets.
 * @param {string} file
 */
function outlinesModule(file) {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  const { glyphs } = opentype.parse(buffer.slice(byteOffset, byteOffset + byteLength));
  const outlines = Array.from({ length: glyphs.length }, (_, index) => glyphs.get(index)).flatMap((glyph) => {
    const { advanceWidth: advance = UNITS, unicodes } = glyph;
    const path = relativePath(glyph.getPath(0, 0, UNITS).commands, advance);
    return unicodes.map((code) => [String.fromCodePoint(code), [advance, path]]);
  });
  return `export const outlines = ${JSON.stringify(Object.fromEntries(outlines))};\n`;
}

/**
 * A relative path that ends where the next letter starts, so that the paths of letters can be joined into that of a word.
 * @param {{ type: string, x?: number, y?: number, x1?: number, y1?: number }[]} commands
 * @param {number} advance
 */
function relativePath(commands, advance) {
  let [x, y, startX, startY] = [0, 0, 0, 0];
  let path = '';
  for (const { type, x1 = 0, y1 = 0, ...to } of commands) {
    if (type === 'Z') [x, y] = [startX, startY];
    const [toX, toY] = [Math.round(to.x ?? x), Math.round(to.y ?? y)];
    if (type === 'L' && toX === x && toY === y) continue;
    const control = type === 'Q' ? `${Math.round(x1) - x} ${Math.round(y1) - y} ` : '';
    path += type === 'Z' ? 'z' : `${type.toLowerCase()}${control}${toX - x} ${toY - y}`;
    [x, y] = [toX, toY];
    if (type === 'M') [startX, startY] = [x, y];
  }
  return `${path}m${advance - x} ${-y}`.replaceAll(' -', '-');
}

/** @type {import('esbuild').Plugin} */
export const outlinesInBundle = {
  name: 'outlines',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: SUFFIX }, ({ path }) => ({ path: fileOf(path), suffix: QUERY }));
    onLoad({ filter: /\.woff$/ }, ({ path }) => ({ contents: outlinesModule(path) }));
  },
};

/** @type {import('vite').Plugin} */
export const outlinesInTests = {
  name: 'outlines',
  enforce: 'pre',
  resolveId: (id) => (SUFFIX.test(id) && !id.startsWith('/') ? fileOf(id) + QUERY : undefined),
  load: (id) => (SUFFIX.test(id) ? outlinesModule(id.slice(0, -QUERY.length)) : undefined),
};
