// Bundles the pages of src/view/page: `import { script, style } from './page/x.ts?page'` gives the minified script and
// styles of a page as texts, both in the bundle (esbuild) and in tests of src (vite).
import { resolve } from 'node:path';
import { build } from 'esbuild';

const QUERY = '?page';

/**
 * The module for such an import.
 * @param {string} entry
 */
async function pageModule(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    outdir: '/',
    write: false,
    bundle: true,
    minify: true,
    charset: 'utf8',
    format: 'iife',
    target: 'es2022',
  });
  const text = (/** @type {string} */ extension) =>
    JSON.stringify(outputFiles.find(({ path }) => path.endsWith(extension))?.text.trim());
  return `export const script = ${text('.js')};\nexport const style = ${text('.css')};\n`;
}

/** @type {import('esbuild').Plugin} */
export const pagesInBundle = {
  name: 'pages',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\?page$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.slice(0, -QUERY.length)),
      namespace: 'page',
    }));
    onLoad({ filter: /./, namespace: 'page' }, async ({ path }) => ({ contents: await pageModule(path) }));
  },
};

/** @type {import('vite').Plugin} */
export const pagesInTests = {
  name: 'pages',
  enforce: 'pre',
  load: (id) => (id.endsWith(QUERY) ? pageModule(id.slice(0, -QUERY.length)) : undefined),
};
