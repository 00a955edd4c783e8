// Builds the server and packs it into build/runcomfy-image-mcp.mcpb, the bundle that Claude Desktop installs.
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

// The manifest is made from tables in src, which Node 20 cannot import as they are.
const OUT = 'node_modules/.cache/mcpb/main.mjs';
process.chdir(`${import.meta.dirname}/..`);
execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
await build({
  entryPoints: ['scripts/mcpb/main.ts'],
  outfile: OUT,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.18',
});
await import(pathToFileURL(OUT).href);
