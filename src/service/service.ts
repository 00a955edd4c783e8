import { setMaxListeners } from 'node:events';
import type { Account } from '../account.ts';
import { isLoopback } from '../config/address.ts';
import { accountOf, type Config } from '../config/config.ts';
import { ignoredTexts } from '../config/placeholders.ts';
import type { ServiceConfig } from '../config/service.ts';
import { createTurns, READS_AT_ONCE } from '../jobs/polling/turns.ts';
import { createLog, lineOf } from '../log.ts';
import { createEndpoint } from '../mcp/transports/http/endpoint.ts';
import { createGuards } from '../mcp/transports/http/guards.ts';
import { type HttpServerLimits, listen } from '../mcp/transports/http/listen.ts';
import { createSessions } from '../mcp/transports/http/session.ts';
import { createCatalogueFile } from '../models/catalogue-file.ts';
import { createRedactor } from '../runcomfy/sanitize.ts';
import { createRuntime, type Surroundings } from '../runtime.ts';
import { hasRecords } from '../stores/file/recorded.ts';
import { openAuthentication } from './authentication.ts';
import { createFront, type FrontLimits } from './front.ts';
import { serveMetrics } from './metrics/endpoint.ts';
import { createMetrics } from './metrics/metrics.ts';
import { createOpenRequests } from './open-requests.ts';
import { createPictureLinks } from './picture-links.ts';
import { createPictureServer } from './pictures.ts';
import { createRareLog } from './rare-log.ts';
import { createReadiness } from './readiness.ts';
import { checkSharedFolders } from './shared-folders.ts';
import { openSharedStore } from './shared-store.ts';
import { readSigningKeys } from './signing-keys.ts';
import { warnOfStore } from './store-warnings.ts';
import { remoteSurface } from './surface.ts';
import { keepSweeping } from './sweep.ts';
import { createTenantPrograms } from './tenant-programs.ts';

// In ms: for requests that were on their way, or that a load balancer sends before it knows.
const LATE_REQUESTS = 100;
const OPEN_TO_ALL =
  '--allowed-host without --auth: whoever reaches the server by that name, as through a proxy, may spend your balance';

/** Listens and serves all tenants. Throws KeyFileProblem, TenantsFileError, FolderProblem, StoreProblem, ListenError. */
export async function startService(
  config: Config,
  service: ServiceConfig,
  surroundings: Surroundings & { limits?: Partial<FrontLimits & HttpServerLimits> },
) {
  const { clock, limits } = surroundings;
  const variables = process.env;
  if (service.auth.mode !== 'none') await checkSharedFolders(config);
  const signingKeys = await readSigningKeys(service.sessionKeyFile);
  const keys = new Set<string>();
  const redact = createRedactor(() => [...keys]);
  const log = createLog(config.logLevel, redact, surroundings.writeLog, lineOf(config.logFormat, clock));
  for (const text of ignoredTexts(config.ignored)) log.warn(`${text}; treated as not set`);
  const authentication = await openAuthentication(service.auth, {
    ...{ clock, log, variables },
    needsKeys: !config.sandbox,
    isKey: (token) => keys.has(token),
  });
  const metrics = service.metrics && (await createMetrics(clock, await cataloguedModels(config)));
  const shared = service.store === undefined ? undefined : await openSharedStore(service.store, surroundings);
  const runtime = createRuntime(config, log, {
    ...surroundings,
    createStores: shared?.createStores ?? surroundings.createStores,
    httpLimits: { reads: READS_AT_ONCE, ...surroundings.httpLimits },
    turns: createTurns(),
    openLibrary: service.library?.in === 'store' ? shared?.openLibrary : surroundings.openLibrary,
    instruments: metrics?.instruments,
  });
  const links = createPictureLinks({ keys: signingKeys.for('link'), clock });
  /** Where clients reach the server, once it listens; undefined if only the operator could say. */
  let publicUrl = service.publicUrl;
  const surfaceOf = (account: Account) =>
    remoteSurface(config, account, publicUrl === undefined ? undefined : links.linkTo(account, publicUrl));
  const programs = createTenantPrograms({ config, runtime, log, surfaceOf, keys, variables });
  // The records of all tenants are in one place: those of one account tell whether it can be written.
  const store = runtime.openStore(accountOf(config));
  const warn = createRareLog(log, clock);
  const draining = new AbortController();
  // Every wait listens to it.
  setMaxListeners(0, draining.signal);
  const sessions = createSessions(signingKeys.for('session'));
  const front = createFront({
    guards: createGuards(service),
    authentication,
    endpoint: createEndpoint({
      sessions,
      stops: shared?.createStops(runtime),
      drain: draining.signal,
      clock,
      log,
      redact,
    }),
    principalOf({ tenant }, response) {
      const { factory, changes } = programs.of(tenant, response);
      return { tenant: tenant.id, factory: metrics?.watchServers(factory) ?? factory, changes };
    },
    answerPicture: createPictureServer({
      ...{ links, clock },
      openLibrary: (digest) => runtime.openLibrary(accountOf(config).api, digest, 0),
    }),
    isReady: createReadiness(clock, store.check, ({ message }) => warn(`not ready: ${message}`)),
    drain: draining.signal,
    log,
    warn,
    limits,
  });
  const requests = createOpenRequests();
  const tracked = requests.track(metrics?.watchRequests(front) ?? front);
  const onDrop = () => warn('a connection was refused: too many are open');
  let scraped: Awaited<ReturnType<typeof serveMetrics>> | undefined;
  const begin = async () => {
    if (metrics && service.metrics)
      scraped = await serveMetrics(service.metrics, service.allowedHosts, {
        contentType: metrics.contentType,
        text: () => metrics.text(runtime.toolCalls.size),
      });
    return listen(service.listen, tracked, { limits, onDrop });
  };
  const server = await begin().catch(async (error) => {
    // What is open would keep the process from ending.
    await Promise.all([scraped?.close(), shared?.close()]);
    throw error;
  });
  if (service.auth.mode === 'none' && service.allowedHosts.length > 0) log.warn(OPEN_TO_ALL);
  if (isLoopback(service.listen.host)) publicUrl ??= server.origin;
  if (publicUrl === undefined) log.warn('kept pictures are not linked: --public-url would say by what URL');
  void warnOfStore(service, config.dataDir, log);
  const ownApi = accountOf(config).api;
  const sweeping = keepSweeping({
    ...{ tenants: authentication, programs, clock, random: surroundings.random, warn },
    findOpen: shared
      ? (_, since) => shared.openTenants(ownApi, since)
      : (names, since) => withRecords(config, names, since),
    findRecorded: shared
      ? () => shared.recordedTenants(ownApi)
      : (names) => withRecords(config, names, new Date(0).toISOString()),
    signal: draining.signal,
  });
  log.info(`serves ${config.baseUrl} at ${server.origin}/mcp`);

  return {
    url: `${server.origin}/mcp`,
    metricsUrl: scraped && `${scraped.origin}/metrics`,
    log,
    /** Reads anew who may call. */
    reload: authentication.reload,
    /**
     * Ends every wait by a hand-over, and serves requests that still come likewise; resolves when all answers have left
     * and no more requests come, or after `grace` ms.
     */
    async drain(grace: number): Promise<void> {
      draining.abort();
      const served = async () => {
        do {
          await requests.answered();
          await clock.sleep(LATE_REQUESTS);
        } while (!requests.isNone());
      };
      await Promise.race([served(), clock.sleep(grace)]);
    },
    async close(): Promise<void> {
      draining.abort();
      await Promise.all([server.close(), sweeping]);
      await runtime.shutdown();
      await runtime.close();
      await shared?.close();
      await scraped?.close();
    },
  };
}

/** Those of some tenants who have records in files since a time (ISO 8601). */
async function withRecords(config: Config, names: readonly string[], since: string): Promise<string[]> {
  const { api } = accountOf(config);
  const found: string[] = [];
  for (const tenant of names)
    if (await hasRecords(config.dataDir, { tenant, api }, since)) found.push(tenant);
  return found;
}

/** The ids in the catalogue as it was last saved. */
async function cataloguedModels(config: Config): Promise<string[]> {
  const saved = await createCatalogueFile(config.dataDir, accountOf(config).api).read();
  return (saved?.pick() ?? []).map(({ model_id }) => model_id);
}
