import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { tenantWords } from '../../src/service/tenant-words.ts';
import { CALL } from '../support/calls.ts';
import { textOf } from '../support/program.ts';
import { connectHttp, serve } from '../support/service.ts';

vi.mock('sharp', () => {
  throw new Error('there is none');
});

const OWNERS = /directory|--data-dir|RUNCOMFY_DATA_DIR|--preview|npm install|accounts/;

it('a tenant whose job records cannot be used is told of the operator, and of no path', async () => {
  const { url, config } = await serve();
  mkdirSync(config.dataDir, { recursive: true });
  writeFileSync(`${config.dataDir}/accounts`, 'no folder');
  const client = await connectHttp(url);
  const batch = {
    name: 'make_images',
    arguments: { jobs: [{ model: CALL.name, input: CALL.arguments, count: 2 }] },
  };
  for (const call of [CALL, batch]) {
    const text = textOf(await client.callTool(call));
    expect(text).toMatchInlineSnapshot(
      `"The job records of this server cannot be read (ENOTDIR). Call again in a minute; if it is still so, tell the operator of this server. Nothing was charged for this call. [store_unavailable]"`,
    );
    expect(text).not.toMatch(OWNERS);
    expect(text).not.toContain(config.dataDir);
  }
});

it('a tenant of a server without sharp is told of the operator', async () => {
  const { url } = await serve({ preview: 'small' });
  const client = await connectHttp(url);
  const made = await client.callTool(CALL);
  const { request_id } = made.structuredContent as { request_id: string };
  const shown = await client.callTool({
    name: 'get_image_job',
    arguments: { request_id, preview: true },
  });
  const text = [made, shown].map(textOf).join('\n');
  expect(text).toContain('sharp is not installed, which is for the operator of this server to do');
  expect(text).not.toMatch(OWNERS);
});

it.each([
  'it would have to be converted, and sharp is not installed: "npm install sharp" in the folder of runcomfy-image-mcp adds it',
  'and sharp, which would convert it, is not installed ("npm install sharp"): "/base/large.png"',
  'Previews need sharp, which is not installed. Install it with "npm install sharp" in the folder of runcomfy-image-mcp, or start with --preview off.',
])('%s', (text) => {
  expect(tenantWords(text)).toContain('the operator of this server');
  expect(tenantWords(text)).not.toMatch(OWNERS);
});
