import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { ServiceConfig } from '../config/service.ts';
import { ListenError } from '../mcp/transports/http/listen.ts';
import { TenantsFileError } from '../tenants/directory.ts';
import { NAME } from '../version.ts';
import { startService } from './service.ts';
import { FolderProblem } from './shared-folders.ts';
import { StoreProblem } from './shared-store.ts';
import { KeyFileProblem } from './signing-keys.ts';

// In ms. `docker stop` kills after 10 s.
const DRAIN_GRACE = 9_000;
const CLOSE_GRACE = 500;

const KNOWN = [KeyFileProblem, TenantsFileError, FolderProblem, StoreProblem, ListenError];

/** Serves over HTTP until a signal ends the process; resolves with the exit code where it cannot begin. */
export async function serveOverHttp(config: Config, service: ServiceConfig): Promise<number> {
  const surroundings = { clock: systemClock, random: Math.random };
  const running = await startService(config, service, surroundings).catch((error) => {
    if (KNOWN.some((known) => error instanceof known)) return error;
    throw error;
  });
  if (running instanceof Error) {
    process.stderr.write(`${NAME}: ${running.message}\n`);
    // A port that is taken, or a database that is away, is no mistake in the command line.
    return running instanceof ListenError || running instanceof StoreProblem ? 1 : 2;
  }
  // Without a file to read, the signal of a terminal that is closed ends the process as ever.
  if (service.auth.mode !== 'none') process.on('SIGHUP', () => void running.reload());
  // A reader of JSON lines gets nothing else.
  if (config.logFormat === 'text') process.stderr.write(`MCP over HTTP at ${running.url}\n`);
  const signal = await new Promise<string>((resolve) => {
    // Not once: a second signal must not end the process before a submit under way is recorded.
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => resolve(name));
  });
  running.log.info(`leaves: ${signal}`);
  await running.drain(DRAIN_GRACE);
  await Promise.race([running.close(), systemClock.sleep(CLOSE_GRACE)]);
  // Timers may still run.
  process.exit(0);
}
