// Bundles src/ with its dependencies into dist/, as CommonJS: Node 20 takes compiled code from a cache for that only.
// main.js is what users start; it loads app.js. What is large and not needed at the start is a bundle of its own.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { licences } from './licences.mjs';
import { outlinesInBundle } from './outlines.mjs';
import { pagesInBundle } from './page.mjs';

const OUT = 'dist';
// Native, and taken from where the user installed it, if at all.
const EXTERNAL = ['sharp'];

// Imported dynamically, and bundled each by itself: complete, so that they share no state with app.js.
const APART = ['undici', './cli/demo.ts', './picture.ts'];

/** Bundle names by what is bundled; grows while imports of those are found. */
const bundles = new Map([['app', './src/main.ts']]);

const apart = {
  name: 'bundles apart',
  setup({ onResolve, resolve }) {
    onResolve(
      { filter: new RegExp(`^(${APART.join('|')})$`) },
      async ({ kind, path, pluginData, ...from }) => {
        if (kind !== 'dynamic-import') return undefined;
        const name = basename(path, '.ts');
        bundles.set(name, (await resolve(path, { ...from, kind: 'import-statement' })).path);
        return { path: `./${name}.js`, external: true };
      },
    );
  },
};

// The SDK's JSON Schema validator (ajv, 33 ms to load) checks what elicitation brings, which this server never asks for.
const withoutAjv = {
  name: 'no ajv',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@modelcontextprotocol\/server\/_shims$/ }, () => ({
      path: 'shims',
      namespace: 'no-ajv',
    }));
    onLoad({ filter: /./, namespace: 'no-ajv' }, () => ({
      contents: `const { process } = globalThis;
        export { process };
        export class DefaultJsonSchemaValidator { getValidator() { throw new Error('ajv is not bundled'); } }`,
    }));
  },
};

// The SDK's schemas of OAuth's replies (1.6 ms to make) are a client's.
const withoutOAuth = {
  name: 'no OAuth schemas',
  setup({ onLoad }) {
    onLoad({ filter: /@modelcontextprotocol\/core\/dist\/auth-[\w-]+\.mjs$/ }, ({ path }) => {
      const names = [...readFileSync(path, 'utf8').matchAll(/\w+Schema as (\w+)/g)].map(([, name]) => name);
      return {
        contents: `const none = undefined;\nexport { ${names.map((name) => `none as ${name}`).join(', ')} };`,
      };
    });
  },
};

// Taken as a default import, each would be copied property by property, half a millisecond at each place.
const WHOLE = { 'node:process': 'export default process', 'node:vm': "export default require('node:vm')" };
const wholeModules = {
  name: 'whole modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(${Object.keys(WHOLE).join('|')})$`) }, ({ path, namespace }) =>
      namespace === 'whole' ? undefined : { path, namespace: 'whole' },
    );
    onLoad({ filter: /./, namespace: 'whole' }, ({ path }) => ({ contents: WHOLE[path] }));
  },
};

// Modules of Node that only calls need, some ms each: their functions load them when they are first called.
const LATE = ['node:crypto', 'node:fs/promises'];
const lateModules = {
  name: 'late modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(${LATE.join('|')})$`) }, ({ path, namespace }) =>
      namespace === 'late' ? undefined : { path, namespace: 'late', sideEffects: false },
    );
    onLoad({ filter: /./, namespace: 'late' }, async ({ path }) => {
      const functions = Object.entries(await import(path)).filter(([, value]) => typeof value === 'function');
      const contents = functions
        .filter(([name]) => name !== 'default')
        .map(
          ([name]) => `export function ${name}(...given) { return require('${path}').${name}(...given); }`,
        );
      return { contents: contents.join('\n') };
    });
  },
};

// What Node wraps around a module by itself, and start.ts calls.
const APP_AS_FUNCTION = {
  banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
  footer: { js: '})' },
};

async function bundle(name, entry, define = {}) {
  const { metafile } = await build({
    entryPoints: { [name]: entry },
    outdir: OUT,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.18',
    minify: true,
    legalComments: 'none',
    external: EXTERNAL,
    plugins: [
      apart,
      pagesInBundle,
      outlinesInBundle,
      withoutAjv,
      withoutOAuth,
      wholeModules,
      ...(name === 'app' ? [lateModules] : []),
    ],
    supported: { 'dynamic-import': false },
    define: { 'import.meta.dirname': '__dirname', ...define },
    ...(name === 'app' && APP_AS_FUNCTION),
    metafile: true,
    logLevel: 'warning',
  });
  return Object.keys(metafile.inputs);
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT);
// The package is ESM, what is built here is not.
writeFileSync(join(OUT, 'package.json'), '{ "type": "commonjs" }\n');
const inputs = [];
for (const [name, entry] of bundles) inputs.push(...(await bundle(name, entry)));
const hash = createHash('sha256')
  .update(readFileSync(join(OUT, 'app.js')))
  .digest('hex')
  .slice(0, 16);
inputs.push(...(await bundle('main', './src/startup/start.ts', { APP_HASH: JSON.stringify(hash) })));
writeFileSync(join(OUT, 'LICENCES.txt'), licences(inputs));
