// Builds the server and the bench, and runs the bench. Apart from dist/ it writes only below node_modules/.
import { execFileSync, spawnSync } from 'node:child_process';
import { build } from 'esbuild';
import { outlinesInBundle } from './outlines.mjs';

const OUT = 'node_modules/.cache/bench/bench.mjs';
execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
await build({
  entryPoints: ['test/bench/main.ts'],
  outfile: OUT,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.18',
  loader: { '.sql': 'text' },
  plugins: [outlinesInBundle],
});
process.exitCode =
  spawnSync(process.execPath, ['--expose-gc', OUT, ...process.argv.slice(2)], { stdio: 'inherit' }).status ??
  1;
