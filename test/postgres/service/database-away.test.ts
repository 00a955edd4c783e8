import postgres from 'postgres';
import { expect, it, onTestFinished, vi } from 'vitest';
import { serveOverHttp } from '../../../src/service/serve.ts';
import { testConfig } from '../../support/program.ts';
import { SERVICE, serve } from '../../support/service.ts';
import { freshTables } from '../support/database.ts';
import { serveReplicas } from '../support/replicas.ts';
import { startPostgres } from '../support/server.ts';

const ready = ({ url }: { url: string }) => fetch(new URL('/readyz', url)).then(({ status }) => status);

it('/readyz of every replica is 503 while the database is away, and 200 again after', async () => {
  const database = await startPostgres();
  onTestFinished(database.stop);
  const { replicas, clock } = await serveReplicas(2, { url: database.url() });
  expect(await Promise.all(replicas.map(ready))).toEqual([200, 200]);
  await database.crash();
  await clock.sleep(1_000);
  expect(await Promise.all(replicas.map(ready))).toEqual([503, 503]);
  await database.start();
  await clock.sleep(1_000);
  expect(await Promise.all(replicas.map(ready))).toEqual([200, 200]);
});

it('a server whose database does not come does not start, and tells nothing of its address', async () => {
  const database = await startPostgres();
  const store = database.url();
  await database.stop();
  await expect(serve({ http: { store } })).rejects.toThrow(
    /^the database of --store cannot be used: ECONNREFUSED$/,
  );
});

it('a server whom its database refuses says so in one line, and exits with 1', async () => {
  const url = new URL(process.env.TEST_POSTGRES ?? '');
  url.password = 'a-wrong-password';
  const service = { ...SERVICE, store: url.href };
  const config = testConfig({ origin: 'http://127.0.0.1:9' }, { service });
  const said: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  onTestFinished(() => spy.mockRestore());
  expect(await serveOverHttp(config, service)).toBe(1);
  expect(said).toEqual(['runcomfy-image-mcp: the database of --store cannot be used: 28P01\n']);
});

it('a replica whose sessions and links do not count at others says so at its start', async () => {
  const said = (log: readonly string[]) =>
    log.filter((line) => line.includes('--store without --session-key-file'));
  const alone = await serve({ http: { store: await freshTables() } });
  expect(said(alone.log)).toHaveLength(1);
  const { replicas } = await serveReplicas(1);
  expect(replicas.flatMap(({ log }) => said(log))).toEqual([]);
});

it('a server that cannot listen leaves no connection open, which would keep its process from ending', async () => {
  const service = await serveReplicas(1);
  const port = Number(new URL(service.replicas[0]?.url ?? '').port);
  const store = await freshTables();
  const other = postgres(store, { max: 1, onnotice() {} });
  onTestFinished(() => other.end({ timeout: 0 }));
  const open = () => other`SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'runcomfy-image-mcp'`;
  await expect(serve({ http: { store, listen: { host: '127.0.0.1', port } } })).rejects.toThrow(/EADDRINUSE/);
  await expect.poll(async () => (await open()).length).toBe(0);
});
