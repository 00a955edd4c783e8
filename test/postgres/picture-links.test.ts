import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { CALL } from '../support/calls.ts';
import { freshDataDir, textOf } from '../support/program.ts';
import { connectHttp, serve } from '../support/service.ts';
import { freshTables } from './support/database.ts';

interface Image {
  handle: string;
  copy_url: string;
}

/** Two replicas on one database, the first with a picture, and the administrator of the database. */
async function replicas() {
  const store = await freshTables();
  const sessionKeyFile = join(freshDataDir(), '../keys');
  writeFileSync(sessionKeyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  const http = { store, sessionKeyFile, library: { in: 'store' } as const };
  const given = { http, keepImagesBytes: 2e9, clock: systemClock };
  const one = await serve({ ...given, sandboxOptions: { pace: 0.05 } });
  const two = await serve({ ...given, sandbox: one.sandbox });
  const admin = postgres(store, { max: 1, prepare: false, onnotice: () => {} });
  onTestFinished(() => admin.end({ timeout: 0 }));
  const result = await (await connectHttp(one.url)).callTool(CALL);
  const [image] = (result.structuredContent as { images: Image[] }).images as [Image];
  const link = image.copy_url.replace(new URL(one.url).origin, new URL(two.url).origin);
  return { one, two, admin, image, link };
}

it('a picture that one replica kept is linked and sent by another, and lies on no disk', async () => {
  const { one, two, image, link } = await replicas();
  const response = await fetch(link);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
  expect((await response.arrayBuffer()).byteLength).toBe(Number(response.headers.get('content-length')));
  one.sandbox.inject({ on: 'output', times: Number.POSITIVE_INFINITY, what: { status: 404, body: '' } });
  const edit = { prompt: 'in snow', image_urls: [image.handle] };
  const client = await connectHttp(two.url);
  await client.callTool({ name: 'gpt_image_1_5_image_to_image', arguments: edit });
  const submits = one.sandbox.requests.filter(({ route }) => route === 'submit');
  expect(JSON.stringify(submits.at(-1)?.body)).toContain('data:image/png;base64,');
  for (const { config } of [one, two]) expect(existsSync(join(config.dataDir, 'accounts'))).toBe(false);
});

it('a call succeeds where no picture can be kept, and its links say that they cannot be read', async () => {
  const { one, admin, link } = await replicas();
  await admin`DROP TABLE runcomfy_images.pictures CASCADE`;
  const response = await fetch(link);
  expect([response.status, await response.text(), response.headers.get('retry-after')]).toEqual([
    503,
    'This picture cannot be read at this moment.\n',
    '5',
  ]);
  const client = await connectHttp(one.url);
  const result = await client.callTool({ ...CALL, arguments: { prompt: 'another one' } });
  expect(result.isError).toBeUndefined();
  expect(textOf(result)).toContain('the database cannot be used (42P01)');
});
