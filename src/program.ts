import type { McpServerFactory } from '@modelcontextprotocol/server';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { createLedger, type Ledger } from './jobs/ledger.ts';
import { createSchedule } from './jobs/schedule.ts';
import { createJobs } from './jobs/service.ts';
import { createLog, type Log } from './log.ts';
import { loopbackOrigin } from './media/trust.ts';
import { MODELS } from './models/index.ts';
import { createRunComfy, type RunComfy } from './runcomfy/client.ts';
import { createHttp } from './runcomfy/http.ts';
import { createKeyring, type Keyring } from './runcomfy/key.ts';
import { createRedactor } from './runcomfy/quote.ts';
import { createServerFactory } from './server.ts';
import { createTools } from './tools/index.ts';

/** The parts of a running program, put together. */
export interface Program {
  keyring: Keyring;
  api: RunComfy;
  ledger: Ledger;
  factory: McpServerFactory;
  log: Log;
  close(): Promise<void>;
}

/** config -> API -> ledger -> jobs -> server. Opens and reads nothing: that waits for the first call. */
export function createProgram(
  config: Config,
  { clock, random, writeLog }: { clock: Clock; random: () => number; writeLog?: (line: string) => void },
): Program {
  const keyring = createKeyring(config.key, config.tokenFile);
  const redact = createRedactor(keyring.seen);
  const log = createLog(config.logLevel, redact, writeLog);
  const http = createHttp();
  const api = createRunComfy({
    baseUrl: config.baseUrl,
    balanceUrl: config.balanceUrl,
    key: async () => (await keyring.find())?.value,
    redact,
    http,
    clock,
    random,
  });
  const ledger = createLedger(config.dataDir, log);
  const jobs = createJobs({
    api,
    origin: new URL(config.baseUrl).origin,
    ledger,
    schedule: createSchedule(),
    clock,
    log,
  });
  const factory = createServerFactory({
    tools: createTools(MODELS),
    jobs,
    clock,
    log,
    loopbackOrigin: loopbackOrigin(config.baseUrl),
    waitSeconds: config.waitSeconds,
    redact,
  });
  return { keyring, api, ledger, factory, log, close: http.close };
}
