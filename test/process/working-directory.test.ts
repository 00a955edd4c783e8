import { mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect, it, onTestFinished } from 'vitest';
import { MAIN, plainEnv } from '../support/process.ts';

// Hosts replace the folder of a plugin while its server runs: Codex at its own start. In a folder that is gone sharp
// waits forever for its threads if it runs as WebAssembly.
it.skipIf(process.platform !== 'linux')('a server leaves the folder in which it was started', async () => {
  const folder = mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'plugin-'));
  const env = plainEnv({ RUNCOMFY_SANDBOX: 'true', RUNCOMFY_OUTPUT_DIR: './pictures' });
  const transport = new StdioClientTransport({ command: process.execPath, args: [MAIN], env, cwd: folder });
  const client = new Client({ name: 'test-host', version: '1.0.0' });
  onTestFinished(() => client.close());
  await client.connect(transport);
  expect(readlinkSync(`/proc/${transport.pid}/cwd`)).toBe('/');
  rmSync(folder, { recursive: true });
  const args = { prompt: 'a fox', quality: 'low' };
  const made = await client.callTool({ name: 'gpt_image_1_5_text_to_image', arguments: args });
  // A relative folder starts where the server was started.
  expect(JSON.stringify(made.structuredContent)).toContain(join(folder, 'pictures'));
});
