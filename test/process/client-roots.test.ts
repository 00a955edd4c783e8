import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';
import { plain } from '../support/images.ts';
import { MAIN, plainEnv } from '../support/process.ts';
import { freshDataDir, textOf } from '../support/program.ts';

describe("a picture in a client's root", () => {
  it.each([
    ['goes out in the protocol of 2025', undefined, 1, /^1 image by/],
    [
      'does not in the stateless one, where nobody can be asked',
      '2026-07-28',
      0,
      /is outside of the allowed/,
    ],
  ])('%s', async (_, pin, times, expected) => {
    const root = freshDataDir();
    mkdirSync(root);
    const picture = join(root, 'cat.png');
    writeFileSync(picture, await plain(64, 48).png().toBuffer());
    const client = new Client(
      { name: 'e2e', version: '1.0.0' },
      { capabilities: { roots: {} }, ...(pin && { versionNegotiation: { mode: { pin } } }) },
    );
    let asked = 0;
    client.setRequestHandler('roots/list', () => {
      asked += 1;
      return { roots: [{ uri: pathToFileURL(root).href }] };
    });
    const args = [MAIN, '--sandbox', '--data-dir', freshDataDir(), '--output-dir', freshDataDir()];
    await client.connect(new StdioClientTransport({ command: process.execPath, args, env: plainEnv() }));
    onTestFinished(() => client.close());
    const input = { prompt: 'a fox', quality: 'low', image_urls: [picture] };
    const result = await client.callTool({ name: 'gpt_image_1_5_image_to_image', arguments: input });
    expect(textOf(result)).toMatch(expected);
    expect(asked).toBe(times);
  });
});
