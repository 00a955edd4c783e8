import { describe, expect, it, onTestFinished } from 'vitest';
import { CALL } from '../../support/calls.ts';
import { eventually } from '../../support/program.ts';
import { connectRaw, message, post, startSession, toolCall } from '../../support/raw-http.ts';
import { freshTables } from '../support/database.ts';
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { serveReplicas } from '../support/replicas.ts';

const QUEUED = { queueMs: 3_600_000_000 };
const CALLS = 8;

type Service = Awaited<ReturnType<typeof serveReplicas>>;
type Tenant = 'red' | 'blue';

async function started(url?: string): Promise<Service> {
  const service = await serveReplicas(2, {
    waitSeconds: Number.POSITIVE_INFINITY,
    sandboxOptions: { slots: 100 },
    ...(url !== undefined && { url }),
  });
  for (let job = 0; job < CALLS + 1; job++) service.sandbox.engine.planNext(QUEUED);
  return service;
}

const urlOf = ({ replicas }: Service, at: number) => replicas[at]?.url ?? '';
const headers = ({ tokens }: Service, session: string, tenant: Tenant = 'red') => ({
  'mcp-session-id': session,
  authorization: `Bearer ${tokens[tenant].token}`,
});
const cancels = ({ sandbox }: Service) => sandbox.requests.filter(({ route }) => route === 'cancel').length;

async function session(service: Service, at: number, tenant: Tenant = 'red'): Promise<string> {
  const { authorization } = headers(service, '', tenant);
  return startSession(urlOf(service, at), 'test-raw', {}, { authorization });
}

const call = (service: Service, at: number, id: string, prompt: string) =>
  connectRaw(
    urlOf(service, at),
    post('2025', toolCall('2025', { ...CALL, arguments: { prompt } }, 0), headers(service, id)),
  );

async function stop(service: Service, at: number, id: string, tenant: Tenant = 'red'): Promise<void> {
  const body = message('2025', 'notifications/cancelled', { requestId: 0, reason: 'user' });
  const { until, socket } = await connectRaw(
    urlOf(service, at),
    post('2025', body, headers(service, id, tenant)),
  );
  await until(/^HTTP\/1\.1 \d/);
  socket.destroy();
}

const submitted = (service: Service, count: number) =>
  eventually(() => service.sandbox.engine.jobs.length).toBe(count);
const rows = async ({ sql }: Service) =>
  Number((await sql`SELECT count(*) FROM runcomfy_images.stops`)[0]?.count);

/** Calls in sessions of their own, all with the id 0, each of which is stopped at the other replica; one is not. */
async function reach(service: Service): Promise<void> {
  const sessions = await Promise.all(Array.from({ length: CALLS + 1 }, () => session(service, 0)));
  await Promise.all(sessions.map((id, nth) => call(service, nth % 2, id, `${nth}`)));
  await submitted(service, CALLS + 1);
  await Promise.all(sessions.slice(0, CALLS).map((id, nth) => stop(service, (nth + 1) % 2, id)));
  await eventually(() => cancels(service)).toBe(CALLS);
  await service.clock.sleep(5_000);
  const left = (await service.records()).filter(({ state }) => state !== 'cancelled');
  expect(left).toMatchObject([{ state: 'in_queue', input: { prompt: `${CALLS}` } }]);
  expect(left[0]?.holder).not.toBeNull();
  expect(cancels(service)).toBe(CALLS);
  expect(await rows(service)).toBe(0);
}

describe('a stop that reaches another replica than its call', () => {
  it('ends that call, and no other with its number: 8 of 8', async () => {
    await reach(await started());
  });

  it.skipIf(!hasPgBouncer())(
    'does so too where no notification arrives, behind PgBouncer: 8 of 8',
    async () => {
      const bouncer = await startPgBouncer(await freshTables());
      onTestFinished(bouncer.stop);
      await reach(await started(bouncer.url));
    },
  );

  it('and overtakes it ends it when it comes', async () => {
    const service = await started();
    const id = await session(service, 0);
    await stop(service, 1, id);
    await expect.poll(() => rows(service)).toBe(1);
    await call(service, 0, id, 'a fox');
    await expect.poll(() => rows(service)).toBe(0);
    await service.clock.sleep(5_000);
    // It may have been submitted just before it was found to be stopped.
    expect((await service.records()).filter(({ state }) => state !== 'cancelled')).toEqual([]);
  });

  it.each([
    ['of a session that nobody began', 'red', (id: string) => `${id.slice(0, -4)}AAAA`],
    ['by another tenant', 'blue', (id: string) => id],
  ] as const)('%s does nothing, and is recorded nowhere', async (_, tenant, sessionOf) => {
    const service = await started();
    const id = await session(service, 0);
    await call(service, 0, id, 'a fox');
    await submitted(service, 1);
    await stop(service, 1, sessionOf(id), tenant);
    await service.clock.sleep(5_000);
    expect([cancels(service), await rows(service)]).toEqual([0, 0]);
    expect(await service.records()).toMatchObject([{ state: 'in_queue' }]);
  });
});

/**
 * A call whose stop is recorded just when its job gets into a state, as a replica finds it that was frozen meanwhile: before
 * it looks at stops again.
 */
async function stoppedAsItGets(state: string) {
  const service = await serveReplicas(2, { waitSeconds: Number.POSITIVE_INFINITY });
  const { sql } = service;
  const id = await session(service, 0);
  await stop(service, 1, id);
  await expect.poll(() => rows(service)).toBe(1);
  await sql`ALTER TABLE runcomfy_images.stops RENAME TO earlier`;
  await sql`CREATE TABLE runcomfy_images.stops (LIKE runcomfy_images.earlier INCLUDING ALL)`;
  await sql.unsafe(`
    CREATE TABLE stopped (at timestamptz DEFAULT now());
    CREATE FUNCTION stop_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO runcomfy_images.stops (key, tenant, why) SELECT key, tenant, 'timeout' FROM runcomfy_images.earlier
      ON CONFLICT DO NOTHING;
      INSERT INTO stopped DEFAULT VALUES;
      RETURN NULL;
    END $$;
    CREATE TRIGGER stop_it AFTER INSERT OR UPDATE ON runcomfy_images.jobs
      FOR EACH ROW WHEN (NEW.state = '${state}') EXECUTE FUNCTION stop_it()`);
  const { until } = await call(service, 0, id, 'a fox');
  return { service, until };
}

describe('a call that is stopped while its replica is frozen', () => {
  it('is not submitted when that goes on', async () => {
    const { service } = await stoppedAsItGets('reserved');
    await expect.poll(async () => (await service.sql`SELECT FROM stopped`).length).toBe(1);
    await expect.poll(async () => (await service.records()).length).toBe(0);
    expect(service.submits()).toBe(0);
  });

  it('is answered into nothing, which is no delivery: the call that repeats it gets the job', async () => {
    const { service, until } = await stoppedAsItGets('succeeded');
    await until(/"structuredContent"/);
    await service.sql`DROP TRIGGER stop_it ON runcomfy_images.jobs`;
    const again = await session(service, 1);
    const repeated = await call(service, 1, again, 'a fox');
    await repeated.until(/"resumed":true/);
    expect(service.submits()).toBe(1);
  });
});
