#!/usr/bin/env node
import { homedir } from 'node:os';
import envPaths from 'env-paths';
import { systemClock } from './clock.ts';
import { type Config, parseConfig } from './config.ts';
import { createProgram } from './program.ts';
import { untilClientLeaves } from './transports/leave.ts';
import { serveOverStdio } from './transports/stdio.ts';
import { NAME, VERSION } from './version.ts';

const platform = { dataDir: envPaths(NAME, { suffix: '' }).data, homeDir: homedir() };
const parsed = parseConfig(process.argv.slice(2), process.env, platform);

function refuse(problems: readonly string[]): void {
  const lines = problems.map((problem) => `${NAME}: ${problem}\n`);
  process.stderr.write(`${lines.join('')}See ${NAME} --help.\n`);
  process.exitCode = 2;
}

async function run(config: Config): Promise<void> {
  if (config.command === 'demo') process.exitCode = await (await import('./cli/demo.ts')).demo(config);
  else if (config.command === 'doctor')
    process.exitCode = await (await import('./cli/doctor.ts')).doctor(config);
  else await serve(config.sandbox ? await (await import('./sandbox/server.ts')).sandboxed(config) : config);
}

// How long, in ms, leaving waits for the answer of a submit, so that its request id is recorded.
const LEAVE_WITHIN = 300;

/** Serves until the client leaves, then ends at once, whatever still waits: the ledger tells the next process. */
async function serve(config: Config): Promise<void> {
  const { factory, log, leave } = createProgram(config, {
    clock: systemClock,
    random: Math.random,
    isConnected: () => !process.stdout.destroyed && !process.stdout.errored,
  });
  const closed = serveOverStdio(factory, log).then(() => 'the connection is closed');
  log.info(`${VERSION} serves ${config.baseUrl}`);
  log.info(`leaves: ${await Promise.race([closed, untilClientLeaves()])}`);
  await Promise.race([leave(), systemClock.sleep(LEAVE_WITHIN)]);
  process.exit(0);
}

// Last, as what follows an await at the top level is not there yet while it waits.
if (parsed.kind === 'help') process.stdout.write((await import('./cli/help.ts')).helpText());
else if (parsed.kind === 'version') process.stdout.write(`${VERSION}\n`);
else if (parsed.kind === 'problems') refuse(parsed.problems);
else await run(parsed.config);
