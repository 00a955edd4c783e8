import './zod-setup.ts';
import { homedir } from 'node:os';
import envPaths from 'env-paths';
import { systemClock } from './clock.ts';
import { type Config, parseConfig } from './config/config.ts';
import { ignoredTexts } from './config/placeholders.ts';
import { type Departure, endAtOnce, untilClientLeaves, untilQuiet } from './mcp/transports/shutdown.ts';
import { serveOverStdio } from './mcp/transports/stdio.ts';
import { createProgram } from './program.ts';
import { NAME, VERSION } from './version.ts';

function refuse(problems: readonly string[]): void {
  const lines = problems.map((problem) => `${NAME}: ${problem}\n`);
  process.stderr.write(`${lines.join('')}See ${NAME} --help.\n`);
  process.exitCode = 2;
}

async function run(config: Config, saveCode: () => void): Promise<void> {
  if (config.command === 'demo') process.exitCode = await (await import('./cli/demo.ts')).demo(config);
  else if (config.command === 'doctor')
    process.exitCode = await (await import('./cli/doctor/doctor.ts')).doctor(config);
  else if (config.command === 'gallery')
    process.exitCode = await (await import('./cli/gallery/gallery.ts')).gallery(config);
  else
    await serve(
      config.sandbox ? await (await import('./sandbox/server.ts')).sandboxed(config) : config,
      saveCode,
    );
}

// How long, in ms, leaving waits for what is still to be recorded, the request id of a submit or the delivery of an
// answer, and for cancellations that are on their way.
const LEAVE_WITHIN = 300;
// How long after the tool list, in ms, nothing is expected of a server for a while. Clients that only look are gone by then.
const IDLE_AFTER = 200;

// For who starts in a terminal what a client is to start.
const WAITING = `${NAME} ${VERSION} is an MCP server: it waits for a client on standard input, and clients start it by themselves.
To set one up: ${NAME} doctor --snippets. To see it work: ${NAME} demo. All else: ${NAME} help. Ctrl-C ends it.
`;

/** Serves until the client leaves, then ends at once, whatever still waits: the records tell the next process. */
async function serve(config: Config, saveCode: () => void): Promise<void> {
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
  const left = Promise.all([shutdown(), mayCancel && callsEnded()]);
  await Promise.race([left.then(untilQuiet), systemClock.sleep(LEAVE_WITHIN)]);
  endAtOnce();
}

/** Runs the command that the process was started with; `saveCode` keeps the code that was compiled so far for the next start. */
export async function main(saveCode: () => void = () => {}): Promise<void> {
  const dataDir = envPaths(NAME, { suffix: '' }).data;
  const platform = { dataDir, homeDir: homedir(), workingDir: process.cwd };
  const parsed = parseConfig(process.argv.slice(2), process.env, platform);
  if (parsed.kind === 'help') process.stdout.write((await import('./cli/help.ts')).helpText());
  else if (parsed.kind === 'version') process.stdout.write(`${VERSION}\n`);
  else if (parsed.kind === 'problems') refuse(parsed.problems);
  else await run(parsed.config, saveCode);
}
