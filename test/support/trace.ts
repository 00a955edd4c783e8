import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin, transform } from 'esbuild';
import { parseAst } from 'vite';
import { outlinesInBundle } from '../../scripts/outlines.mjs';
import { pagesInBundle } from '../../scripts/page.mjs';

const SRC = resolve(import.meta.dirname, '../../src');
// Below node_modules, where what the bundle leaves out is found.
const OUT = resolve(import.meta.dirname, '../../node_modules/.cache/trace');
const HOOK = '__entered';

interface Node {
  type: string;
  start: number;
  end: number;
  body?: Node;
}

/** Called whenever a function is entered, with its file as a path below src/, and whether it is an arrow function. */
export type OnEnter = (file: string, isArrow: boolean) => void;

/**
 * Loads modules of src/ with all that they import, a second time, so that they tell which of their functions are
 * entered; what they export stands together. Packages are shared with the test. Once a process.
 */
export async function loadTraced<Exports>(modules: readonly string[], onEnter: OnEnter): Promise<Exports> {
  mkdirSync(OUT, { recursive: true });
  const outfile = join(OUT, 'modules.mjs');
  const contents = modules.map((module) => `export * from './${module}';`).join('\n');
  await build({
    stdin: { contents, resolveDir: SRC },
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.18',
    loader: { '.md': 'text' },
    plugins: [pagesInBundle, outlinesInBundle, traced],
  });
  Object.assign(globalThis, { [HOOK]: onEnter });
  return import(pathToFileURL(outfile).href);
}

const traced: Plugin = {
  name: 'traced',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'ts', target: 'node20.18' });
      return { contents: withHooks(code, relative(SRC, path).replaceAll(sep, '/')) };
    });
  },
};

/** A module whose functions call the hook before anything else. */
function withHooks(code: string, file: string): string {
  const inserts: { at: number; text: string }[] = [];
  for (const { type, body } of functionsIn(parseAst(code))) {
    const hook = `${HOOK}(${JSON.stringify(file)}, ${type === 'ArrowFunctionExpression'})`;
    if (body?.type === 'BlockStatement') inserts.push({ at: body.start + 1, text: `${hook};` });
    else if (body) inserts.push({ at: body.start, text: `(${hook}, ` }, { at: body.end, text: ')' });
  }
  // From the end, so that positions stay.
  inserts.sort((a, b) => b.at - a.at);
  let text = code;
  for (const insert of inserts) text = text.slice(0, insert.at) + insert.text + text.slice(insert.at);
  return text;
}

/** Every function in a part of a syntax tree. */
function functionsIn(part: unknown): Node[] {
  if (Array.isArray(part)) return part.flatMap(functionsIn);
  if (typeof part !== 'object' || part === null) return [];
  const inner = Object.values(part).flatMap(functionsIn);
  return /Function/.test(String((part as Node).type)) ? [part as Node, ...inner] : inner;
}
