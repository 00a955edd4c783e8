// Bundles src/ with its dependencies into dist/, or into the folder that is given, as CommonJS: only for that does Node 20 accept
// cached compiled code. main.js is what users start; it loads app.js. What is large and not needed at the start gets a bundle
// of its own.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { licences } from './licences.mjs';
import { outlinesInBundle } from './outlines.mjs';
import { pagesInBundle } from './page.mjs';

const [, , OUT = 'dist'] = process.argv;
// Native; used if the user has it installed.
const EXTERNAL = ['sharp'];

// Imported dynamically. Each bundle is complete, so it shares no state with app.js.
const SEPARATE = [
  ...['undici', 'prom-client', './jose.ts', './driver.ts'],
  ...['./cli/demo.ts', './cli/install/install.ts', './picture.ts'],
];

/** Entry points by bundle name; grows as imports of separate bundles are found. */
const bundles = new Map([['app', './src/main.ts']]);

const separateBundles = {
  name: 'separate bundles',
  setup({ onResolve, resolve }) {
    onResolve(
      { filter: new RegExp(`^(${SEPARATE.join('|')})$`) },
      async ({ kind, path, pluginData, ...from }) => {
        if (kind !== 'dynamic-import') return undefined;
        const name = basename(path, '.ts');
        bundles.set(name, (await resolve(path, { ...from, kind: 'import-statement' })).path);
        return { path: `./${name}.js`, external: true };
      },
    );
  },
};

// The SDK's JSON Schema validator (ajv, 33 ms to load) checks replies to elicitation, which this server does not use.
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

// Only clients need the SDK's schemas of OAuth replies (1.6 ms to make).
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

// A default import copies such a module property by property: half a millisecond per import.
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

// Modules of Node that only calls need, some ms each: they are loaded when one of their functions is first called.
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

// The wrapper that Node itself puts around a module; start.ts calls it.
const APP_AS_FUNCTION = {
  banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
  footer: { js: '})' },
};

/** What is to be in the folder, by name. */
const files = new Map();

async function bundle(name, entry, define = {}) {
  const { metafile, outputFiles } = await build({
    entryPoints: { [name]: entry },
    outdir: OUT,
    write: false,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.18',
    minify: true,
    legalComments: 'none',
    external: EXTERNAL,
    // Its CommonJS files load each other in a way that cannot be bundled.
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
    plugins: [
      separateBundles,
      pagesInBundle,
      outlinesInBundle,
      withoutAjv,
      withoutOAuth,
      wholeModules,
      ...(name === 'app' ? [lateModules] : []),
    ],
    supported: { 'dynamic-import': false },
    loader: { '.md': 'text', '.sql': 'text' },
    define: { 'import.meta.dirname': '__dirname', ...define },
    ...(name === 'app' && APP_AS_FUNCTION),
    metafile: true,
    logLevel: 'warning',
  });
  for (const { path, contents } of outputFiles) files.set(basename(path), Buffer.from(contents));
  return Object.keys(metafile.inputs);
}

// The package is ESM, the bundles are not.
files.set('package.json', Buffer.from('{ "type": "commonjs" }\n'));
const inputs = [];
for (const [name, entry] of bundles) inputs.push(...(await bundle(name, entry)));
const hash = createHash('sha256').update(files.get('app.js')).digest('hex').slice(0, 16);
inputs.push(...(await bundle('main', './src/startup/start.ts', { APP_HASH: JSON.stringify(hash) })));
files.set('LICENCES.txt', Buffer.from(licences(inputs)));

// What has not changed is not touched: servers that start from it meanwhile, as other tests do, never read half a file.
mkdirSync(OUT, { recursive: true });
for (const name of readdirSync(OUT)) if (!files.has(name)) rmSync(join(OUT, name), { recursive: true });
for (const [name, contents] of files) {
  const path = join(OUT, name);
  if (!existsSync(path) || !readFileSync(path).equals(contents)) writeFileSync(path, contents);
}
