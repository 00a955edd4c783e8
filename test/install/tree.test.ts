import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';
import { filesBelow } from '../../scripts/sharp-wasm.mjs';
import { treeDir } from './support/published.ts';

const OURS = [
  '.claude-plugin/marketplace.json',
  '.claude-plugin/plugin.json',
  '.codex-plugin/mcp.json',
  '.codex-plugin/plugin.json',
  'GEMINI.md',
  'LICENSE',
  'README.md',
  'dist/LICENCES.txt',
  'dist/app.js',
  'dist/demo.js',
  'dist/driver.js',
  'dist/install.js',
  'dist/jose.js',
  'dist/main.js',
  'dist/package.json',
  'dist/picture.js',
  'dist/prom-client.js',
  'dist/undici.js',
  'docs/icon.png',
  'gemini-extension.json',
  'mcp.json',
  'plugin.json',
  'skills/make-pictures/SKILL.md',
  'skills/spend-money-well/SKILL.md',
];

describe('the tree of the plugin branch', () => {
  it('has what hosts read and run, sharp for every platform, and nothing of development', () => {
    const names = filesBelow(treeDir()).map(([name]) => name);
    const packages = 'dist/node_modules/';
    expect(names.filter((name) => !name.startsWith(packages)).sort()).toEqual(OURS);
    const brought = names.filter((name) => name.startsWith(packages));
    expect(brought.some((name) => name.endsWith('.wasm'))).toBe(true);
    expect(brought.filter((name) => /\.node$|\.d\.[cm]?ts$|\.map$|\.cc$/.test(name))).toEqual([]);
  });

  it('is under 6 MB as git sends it', () => {
    const packed = filesBelow(treeDir()).reduce((sum, [, bytes]) => sum + deflateSync(bytes).length, 0);
    expect(packed).toBeLessThan(6_000_000);
  });

  it('names only files that are in it', () => {
    const read = (name: string) => JSON.parse(readFileSync(join(treeDir(), name), 'utf8'));
    const named = [
      read('.claude-plugin/plugin.json').icon,
      read('.codex-plugin/plugin.json').mcpServers,
      read('gemini-extension.json').contextFileName,
    ];
    for (const name of named) expect(OURS).toContain(join(name));
  });

  it('makes a picture with a preview by itself', async () => {
    const home = join(process.env.TEST_SCRATCH ?? '', 'tree-home');
    const env = { PATH: process.env.PATH ?? '', HOME: home, RUNCOMFY_SANDBOX: 'true' };
    const client = new Client({ name: 'test-host', version: '1.0.0' });
    onTestFinished(() => client.close());
    const args = [join(treeDir(), 'dist/main.js')];
    await client.connect(new StdioClientTransport({ command: process.execPath, args, env }));
    const request = { name: 'gpt_image_1_5_text_to_image', arguments: { prompt: 'a fox', quality: 'low' } };
    const { content } = await client.callTool(request);
    expect(content.map(({ type }) => type)).toEqual(['text', 'image']);
  });
});
