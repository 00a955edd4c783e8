import { spawn } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../src/sandbox/server.ts';
import { VERSION } from '../../src/version.ts';
import { CALL } from '../support/calls.ts';
import { MAIN, plainEnv, run } from '../support/process.ts';
import { freshDataDir, KEY, textOf } from '../support/program.ts';

/** A user's environment: a home of its own, and what else is set. */
function userOf(variables: Record<string, string>, home = freshDataDir()) {
  if (!home.startsWith('/sys')) mkdirSync(home, { recursive: true });
  const env = plainEnv({
    HOME: home,
    RUNCOMFY_CONFIG_DIR: join(home, '.config/runcomfy'),
    XDG_CACHE_HOME: join(home, '.cache'),
    ...variables,
  });
  /** A text without what differs between machines and runs. */
  const plain = (text: string) =>
    text
      .replaceAll(home, '~')
      .replaceAll(VERSION, 'VERSION')
      .replaceAll(`Node ${process.versions.node}, ${process.platform}`, 'Node NODE, PLATFORM')
      .replace(/127\.0\.0\.1-\d+-[0-9a-f]{8}/g, '127.0.0.1-PORT-HASH')
      .replace(/\((EPERM|EROFS|EACCES)\)/g, '(CODE)')
      .replace(/: (EPERM|EROFS|EACCES): .*/g, ': CODE');
  return { env, plain };
}

/** What a newcomer meets: what the server writes to stderr and answers to a first call, and what the doctor says. */
async function newcomer(args: readonly string[], variables: Record<string, string>, home?: string) {
  const { env, plain } = userOf(variables, home);
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MAIN, ...args],
    env,
    stderr: 'pipe',
  });
  let stderr = '';
  transport.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const client = new Client({ name: 'test-host', version: '1.0.0' });
  onTestFinished(() => client.close());
  await client.connect(transport);
  const answer = textOf(await client.callTool(CALL));
  const written = new Promise((resolve) => transport.stderr?.once('end', resolve));
  await client.close();
  await written;
  const doctor = await run(['doctor', ...args], env);
  expect(doctor.stderr).toBe('');
  return { answer: plain(answer), stderr: plain(stderr), doctor: plain(doctor.stdout), code: doctor.code };
}

describe("a newcomer's path", () => {
  it('without a key', async () => {
    expect(await newcomer([], {})).toMatchSnapshot();
  });

  it('with a ${…} that the client did not expand, in variables and in flags', async () => {
    const variables = { RUNCOMFY_API_KEY: '${RUNCOMFY_API_KEY}', RUNCOMFY_OUTPUT_DIR: '${HOME}/pictures' };
    const met = await newcomer(['--budget', '${user_config.budget_usd}'], variables);
    expect(met).toMatchSnapshot();
    expect(met.answer).not.toContain('env block');
  });

  it('with a placeholder for a key', async () => {
    expect(await newcomer([], { RUNCOMFY_API_KEY: 'YOUR_RUNCOMFY_API_KEY' })).toMatchSnapshot();
  });

  // Nobody makes a folder there, whoever runs the suite.
  it.skipIf(process.platform === 'win32')('with a home that is read-only', async () => {
    const sandbox = await startSandbox({ key: KEY });
    onTestFinished(() => sandbox.close());
    const variables = { RUNCOMFY_API_KEY: KEY, RUNCOMFY_BASE_URL: sandbox.origin };
    expect(await newcomer([], variables, '/sys/home')).toMatchSnapshot();
    expect(sandbox.engine.jobs).toEqual([]);
  });

  it('with a command and a flag that do not exist', async () => {
    expect(await run(['docter', '--snadbox', '--ouput-dir', 'x'])).toMatchSnapshot();
  });

  it('with a field that does not exist', async () => {
    const { env } = userOf({});
    const client = new Client({ name: 'test-host', version: '1.0.0' });
    onTestFinished(() => client.close());
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [MAIN, '--sandbox'], env }),
    );
    const args = { promt: 'a fox', aspectRatio: '1:1', style: 'ink' };
    expect(textOf(await client.callTool({ ...CALL, arguments: args }))).toMatchSnapshot();
  });

  it('by the command help', async () => {
    const help = await run(['help']);
    expect(help).toEqual(await run(['--help']));
    expect(help.code).toBe(0);
  });

  it.skipIf(process.platform === 'win32')('in a terminal, where the server waits for a client', async () => {
    const { env, plain } = userOf({});
    const command = [realpathSync(process.execPath), MAIN];
    // util-linux and BSD take the command differently.
    const args =
      process.platform === 'linux'
        ? ['-qec', `exec ${command.map((word) => `'${word}'`).join(' ')}`, '/dev/null']
        : ['-q', '/dev/null', ...command];
    const terminal = spawn('script', args, { env: { ...env, SHELL: '/bin/sh' } });
    onTestFinished(() => void terminal.kill('SIGKILL'));
    let shown = '';
    terminal.stdout.on('data', (chunk) => {
      shown += chunk;
    });
    await expect.poll(() => shown).toContain('Ctrl-C ends it.\r\n');
    expect(plain(shown).replaceAll('\r', '')).toMatchSnapshot();
  });

  it('through a pipe, as clients start it, where it says nothing', async () => {
    expect(await run([])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });
});
