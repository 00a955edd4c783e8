import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { NAME, VERSION } from '../../src/version.ts';
import { collectFiles } from './files.ts';
import { createManifest } from './manifest.ts';
import { createZip } from './zip.ts';

/** The tools that the built server lists, as anybody gets them who sets nothing. */
async function listTools() {
  const client = new Client({ name: 'runcomfy-image-bundle', version: VERSION });
  await client.connect(new StdioClientTransport({ command: process.execPath, args: ['dist/main.js'] }));
  try {
    return (await client.listTools()).tools;
  } finally {
    await client.close();
  }
}

const packageJson = JSON.parse(readFileSync('package.json', 'utf8'));
const manifest = createManifest(packageJson, await listTools());
const files = collectFiles().set('manifest.json', Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
const bundle = createZip(files);
const path = join('build', `${NAME}.mcpb`);
mkdirSync('build', { recursive: true });
writeFileSync(path, bundle);
const hash = createHash('sha256').update(bundle).digest('hex');
process.stdout.write(`${path}: ${files.size} files, ${bundle.length} bytes\nsha256 ${hash}\n`);
