import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { ServiceConfig } from '../../src/config/service.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { serveOverHttp } from '../../src/service/serve.ts';
import { migrate } from '../../src/stores/postgres/migrate.ts';
import { MIGRATIONS } from '../../src/stores/postgres/migrations/index.ts';
import { CALL } from '../support/calls.ts';
import { freshDataDir, KEY, testConfig } from '../support/program.ts';
import { serveTwo } from '../support/two-tenants.ts';
import { open } from './support/backend.ts';
import { freshDatabase, freshTables } from './support/database.ts';

/** All that stands in a database, as text. */
async function dump(url: string): Promise<string> {
  const database = await open(url);
  const tables = await database.run(
    (sql) =>
      sql<{ name: string }[]>`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'runcomfy_images'`,
  );
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['jobs', 'accounts', 'replicas']));
  const rows = await Promise.all(
    tables.map(({ name }) =>
      database.run((sql) => sql`SELECT t::text AS row FROM ${sql(`runcomfy_images.${name}`)} t`),
    ),
  );
  return JSON.stringify(rows);
}

it('no key, token, data URI or header stands in any row, nor the password of the database in any log or answer', async () => {
  const url = await freshDatabase();
  const password = new URL(url).password;
  const { red, blue, log, sandbox } = await serveTwo({
    hasOneKey: false,
    // An answer waits for its pictures by this clock, and a busy machine takes its time.
    clock: systemClock,
    sandboxOptions: { pace: 0.05 },
    http: { store: url },
    autoSave: true,
    outputDir: freshDataDir(),
  });
  const first = await red.ask(CALL.name, CALL.arguments);
  const again = await blue.ask(CALL.name, CALL.arguments);
  // What is kept is then sent itself.
  sandbox.inject({ on: 'output', times: Number.POSITIVE_INFINITY, what: { status: 404, body: '' } });
  const edited = await blue.ask('gpt_image_1_5_image_to_image', {
    prompt: 'x',
    image_urls: [`job:${again.data.request_id}#1`],
  });
  expect([first, again, edited].map(({ data }) => typeof data.request_id)).toEqual(Array(3).fill('string'));
  const sent = sandbox.requests.filter(({ route }) => route === 'submit').at(-1);
  expect(JSON.stringify(sent?.body)).toContain('data:image/png;base64,');
  const listed = await red.ask('list_image_jobs');
  const text = await dump(url);
  expect(text).toContain(String(again.data.request_id));
  const said = JSON.stringify([first, again, edited, listed, log]);
  for (const secret of [red.key, blue.key, red.token, blue.token, 'the-operators-own-key', password]) {
    expect(text).not.toContain(secret);
    expect(said).not.toContain(secret);
  }
  expect(text).not.toMatch(/data:image|base64,|Bearer [0-9a-f]{8}/);
});

const SERVICE: Omit<ServiceConfig, 'store'> = {
  listen: { host: '127.0.0.1', port: 0 },
  auth: { mode: 'none' },
  allowedHosts: [],
  allowedOrigins: [],
  publicUrl: undefined,
  library: undefined,
  sessionKeyFile: undefined,
  metrics: undefined,
};

/** Starts the server on a database that it cannot use: its exit code, and what it says. */
async function start(store: string) {
  const sandbox = await startSandbox({ key: KEY });
  onTestFinished(() => sandbox.close());
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const service = { ...SERVICE, store };
  const code = await serveOverHttp(testConfig(sandbox, { service }), service);
  const text = said.mock.calls.map(([one]) => String(one)).join('');
  said.mockRestore();
  return { code, text };
}

it('a server that is too old for its database says which version that has, and ends', async () => {
  const url = await freshTables();
  await migrate(await open(url), [...MIGRATIONS, { number: 900, sql: 'SELECT 1', needs: 900 }]);
  const known = MIGRATIONS.at(-1)?.number;
  expect(await start(url)).toEqual({
    code: 1,
    text: `runcomfy-image-mcp: the database of --store cannot be used: the database is at version 900, this program knows ${known}: run the version that changed it, or a newer one\n`,
  });
});

it.each([
  ['a wrong password', (url: URL) => (url.password = 'secret-word'), '28P01'],
  ['no such database', (url: URL) => (url.pathname = 'secret-word'), '3D000'],
])('a server with %s says so by a code, and shows nothing of the address', async (_, change, code) => {
  const url = new URL(await freshDatabase());
  change(url);
  const { text, ...rest } = await start(url.href);
  expect(rest).toEqual({ code: 1 });
  expect(text).toBe(`runcomfy-image-mcp: the database of --store cannot be used: ${code}\n`);
});
