import './zod-setup.ts';
import { homedir } from 'node:os';
import { parse } from 'node:path';
import envPaths from 'env-paths';
import { systemClock } from './clock.ts';
import { type Config, parseConfig } from './config/config.ts';
import { ignoredTexts } from './config/placeholders.ts';
import { type Departure, endAtOnce, untilClientLeaves, untilQuiet } from './mcp/transports/shutdown.ts';
import { serveOverStdio } from './mcp/transports/stdio.ts';
import { createProgram } from './program.ts';
import { NAME, VERSION } from './version.ts';

// In ms: how long the end of the process waits for request ids and deliveries to be recorded, and for cancellations.
const SHUTDOWN_GRACE = 300;
// In ms after the tool list: clients that only look are gone by then, others send no call yet.
const IDLE_AFTER = 200;

// For a user who starts in a terminal what a client should start.
const WAITING = `${NAME} ${VERSION} is an MCP server: it waits for a client on standard input, and clients start it by themselves.
To set one up: ${NAME} doctor --snippets. To see it work: ${NAME} demo. All else: ${NAME} help. Ctrl-C ends it.
`;

/** Runs the command of this process; `saveCode` keeps the code compiled so far for the next start. */
export async function main(saveCode: () => void = () => {}): Promise<void> {
  const dataDir = envPaths(NAME, { suffix: '' }).data;
  const platform = { dataDir, homeDir: homedir(), workingDir: process.cwd };
  const parsed = parseConfig(process.argv.slice(2), process.env, platform);
  if (parsed.kind === 'help') process.stdout.write((await import('./cli/help.ts')).helpText());
  else if (parsed.kind === 'version') process.stdout.write(`${VERSION}\n`);
  else if (parsed.kind === 'config') process.exitCode = await run(parsed.config, saveCode);
  else {
    const lines = parsed.problems.map((problem) => `${NAME}: ${problem}\n`);
    process.stderr.write(`${lines.join('')}See ${NAME} --help.\n`);
    process.exitCode = 2;
  }
}

/** Runs a command; resolves with its exit code. */
async function run(config: Config, saveCode: () => void): Promise<number> {
  const { command, sandbox } = config;
  if (command === 'demo') return (await import('./cli/demo.ts')).demo(config);
  if (command === 'doctor') return (await import('./cli/doctor/doctor.ts')).doctor(config);
  if (command === 'gallery') return (await import('./cli/gallery/gallery.ts')).gallery(config);
  if (command === 'library') return (await import('./cli/library.ts')).showLibrary(config);
  if (command === 'library clear') return (await import('./cli/library.ts')).clearLibrary(config);
  if (command === 'healthcheck') return (await import('./cli/healthcheck.ts')).healthcheck(config);
  if (command === 'token new') return (await import('./cli/token.ts')).newToken(config);
  if (command === 'install') return (await import('./cli/install/install.ts')).install(config);
  if (command === 'uninstall') return (await import('./cli/install/install.ts')).uninstall(config);
  const served = sandbox ? await (await import('./sandbox/server.ts')).sandboxed(config) : config;
  if (config.service) return (await import('./service/serve.ts')).serveOverHttp(served, config.service);
  return serve(served, saveCode);
}

/** Serves until the client leaves, then ends the process, whatever is still waiting: the next one reads the records. */
async function serve(config: Config, saveCode: () => void): Promise<never> {
  leaveFolder();
  const { factory, redact, log, shutdown, callsEnded, preload } = createProgram(config, {
    clock: systemClock,
    random: Math.random,
  });
  for (const text of ignoredTexts(config.ignored)) log.warn(`${text}; treated as not set`);
  if (process.stdin.isTTY) process.stderr.write(WAITING);
  const useIdleTime = () => {
    saveCode();
    preload().catch((error) => log.warn(error.message));
  };
  const onListed = () => void setTimeout(useIdleTime, IDLE_AFTER).unref();
  const closed = serveOverStdio(factory, { log, redact, onListed }).then(
    (): Departure => ({ why: 'the connection is closed' }),
  );
  log.info(`${VERSION} serves ${config.baseUrl}`);
  const { why, mayCancel } = await Promise.race([closed, untilClientLeaves()]);
  log.info(`leaves: ${why}`);
  const recorded = Promise.all([shutdown(), mayCancel && callsEnded()]);
  await Promise.race([recorded.then(untilQuiet), systemClock.sleep(SHUTDOWN_GRACE)]);
  return endAtOnce();
}

/**
 * Hosts replace a plugin's folder while its server runs in it. Windows would keep them from that, and sharp in WebAssembly
 * waits forever for its threads, which do not start in a folder that is gone.
 */
function leaveFolder(): void {
  try {
    process.chdir(parse(process.execPath).root);
  } catch {
    // Where that may not be entered, it stays.
  }
}
