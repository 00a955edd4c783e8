// Bundles src/ into dist/. Dynamic imports become chunks of their own, so that start-up reads little.
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.18',
  chunkNames: 'chunks/[name]-[hash]',
});
