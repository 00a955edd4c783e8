import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { ServiceConfig } from '../config/service.ts';
import { createLog } from '../log.ts';
import { createEndpoint } from '../mcp/transports/http/endpoint.ts';
import { createGuards } from '../mcp/transports/http/guards.ts';
import { listen } from '../mcp/transports/http/listen.ts';
import { createSessions } from '../mcp/transports/http/session.ts';
import { createKeyring } from '../runcomfy/key.ts';
import { createRedactor } from '../runcomfy/sanitize.ts';
import { createRuntime, type Surroundings } from '../runtime.ts';
import { authenticateNobody } from '../tenants/authenticate.ts';
import { createFront } from './front.ts';
import { createTenantPrograms } from './tenant-programs.ts';

export type Service = Awaited<ReturnType<typeof startService>>;

/** Listens and serves all tenants. */
export async function startService(config: Config, service: ServiceConfig, surroundings: Surroundings) {
  if (service.auth.mode !== 'none') throw new Error(`--auth ${service.auth.mode} is not served yet`);
  const redact = createRedactor(createKeyring(config).seen);
  const log = createLog(config.logLevel, redact, surroundings.writeLog);
  const runtime = createRuntime(config, log, surroundings);
  const programs = createTenantPrograms(config, runtime, log);
  const draining = new AbortController();
  const sessions = createSessions(await readSessionKeys(service.sessionKeyFile));
  const front = createFront({
    guards: createGuards(service),
    authenticate: authenticateNobody,
    endpoint: createEndpoint({ sessions, drain: draining.signal, log }),
    principalOf: ({ tenant }) => ({ tenant: tenant.id, factory: programs.of(tenant).factory }),
    obstacle: async () => undefined,
    drain: draining.signal,
    log,
  });
  const server = await listen(service.listen, front);
  log.info(`serves ${config.baseUrl} at ${server.origin}/mcp`);

  return {
    url: `${server.origin}/mcp`,
    log,
    /** Ends every wait by a hand-over; resolves when all answers have left, or after `grace` ms. */
    async drain(grace: number): Promise<void> {
      draining.abort();
      await Promise.race([runtime.callsEnded(), surroundings.clock.sleep(grace)]);
    },
    async close(): Promise<void> {
      draining.abort();
      await server.close();
      await runtime.shutdown();
      await runtime.close();
    },
  };
}

/** The keys that sign sessions, the newest first; one that nobody else knows if there is no file. */
async function readSessionKeys(file: string | undefined): Promise<Buffer[]> {
  if (file === undefined) return [randomBytes(32)];
  const lines = (await readFile(file, 'utf8')).split('\n').flatMap((line) => line.trim() || []);
  return lines.map((line) => Buffer.from(line));
}

// In ms.
const DRAIN_GRACE = 10_000;

/** Serves over HTTP until a signal ends the process; resolves with the exit code. */
export async function serveOverHttp(config: Config, service: ServiceConfig): Promise<number> {
  const running = await startService(config, service, { clock: systemClock, random: Math.random });
  process.stderr.write(`MCP over HTTP at ${running.url}\n`);
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
  running.log.info(`leaves: ${signal}`);
  await running.drain(DRAIN_GRACE);
  await running.close();
  return 0;
}
