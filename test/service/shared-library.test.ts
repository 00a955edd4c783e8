import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CALL } from '../support/calls.ts';
import { freshDataDir } from '../support/program.ts';
import { connectHttp, serve } from '../support/service.ts';

function keyFile(): string {
  const file = join(freshDataDir(), '../keys');
  writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600 });
  return file;
}

it('a link of one replica is served by another from the folder that they share', async () => {
  const http = { sessionKeyFile: keyFile(), library: { in: 'folder', dir: freshDataDir() } as const };
  const one = await serve({ http, keepImagesBytes: 2e9 });
  const two = await serve({ http, keepImagesBytes: 2e9, sandbox: one.sandbox });
  const result = await (await connectHttp(one.url)).callTool(CALL);
  const [image] = (result.structuredContent as { images: { copy_url: string }[] }).images;
  const link = image?.copy_url.replace(new URL(one.url).origin, new URL(two.url).origin) ?? '';
  expect((await fetch(link)).status).toBe(200);
  const [account = ''] = readdirSync(join(http.library.dir, 'accounts'));
  expect(readdirSync(join(http.library.dir, 'accounts', account))).toEqual(['library']);
  expect(readdirSync(one.config.dataDir, { recursive: true }).join()).not.toContain('library');
});

it('where the folder lies is told to no tenant', async () => {
  const dir = freshDataDir();
  writeFileSync(dir, 'no folder');
  const { url } = await serve({ http: { library: { in: 'folder', dir } }, keepImagesBytes: 2e9 });
  const client = await connectHttp(url);
  const result = await client.callTool(CALL);
  expect(result.isError).toBeUndefined();
  expect(JSON.stringify(result)).toContain('nothing can be written to accounts');
  expect(JSON.stringify(result)).not.toContain(dir);
});
