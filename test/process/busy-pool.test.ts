import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readRecords } from '../support/books.ts';
import { CALL, promised } from '../support/calls.ts';
import { plain } from '../support/images.ts';
import { MAIN, plainEnv } from '../support/process.ts';
import { freshDataDir, KEY } from '../support/program.ts';
import { type Collected, collect, initialize, send } from '../support/raw.ts';
import { type Handler, startUpstream } from '../support/upstream.ts';
import { type Child, directly, WAYS } from '../support/ways.ts';

// process.exit waits for all that is under way in libuv's thread pool. Each of these keeps a thread of it busy for
// seconds or for ever; and a process that did not wait ended by its own SIGKILL.
const AT_ONCE = { code: null, signal: 'SIGKILL' };

const SILENT = '127.0.53.53';
const { O_NONBLOCK, O_WRONLY } = constants;
const NEVER = 'http://127.0.0.1:9';
const scratch = () => mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'pool-'));

/** Opens a session, and says how the process ends. */
async function open(child: Child) {
  child.stdin.on('error', () => {});
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  await initialize(child, stdout);
  return { stdout, stderr, ended };
}

/** A token file that nobody ever writes to: opening it takes for ever, as on a network drive that is gone. */
function silentFolder() {
  const folder = scratch();
  const file = join(folder, 'token.json');
  execFileSync('mkfifo', [file]);
  return {
    env: { RUNCOMFY_CONFIG_DIR: folder },
    speak: () => closeSync(openSync(file, O_WRONLY | O_NONBLOCK)),
  };
}

/** Calls what reads the token file, and waits until it is being read. */
async function readToken(child: Child, stdout: Collected) {
  send(child, { id: 1, method: 'tools/call', params: { name: 'get_balance', arguments: {} } });
  send(child, { id: 'behind', method: 'ping' });
  await stdout.has('"id":"behind"');
}

describe.skipIf(process.platform === 'win32')('a file that does not open keeps nobody', () => {
  it.each(WAYS)('from leaving by $way', async ({ launch, leave, exit }) => {
    const args = ['--base-url', NEVER, '--log-level', 'info'];
    const child = launch(args, silentFolder().env);
    const { stdout, ended } = await open(child);
    await readToken(child, stdout);
    leave(child);
    expect(await ended).toEqual(exit.code === null ? exit : AT_ONCE);
  });
});

// 10,000 x 4,900 pixels of one colour in 1.4 kB, some 7 s of work: sharp({ create }).avif({ effort: 0, quality: 1 }).
const SLOW = readFileSync(join(import.meta.dirname, '../support/fixtures/slow.avif'));

const OTHER_MODEL = '/v1/models/openai/gpt-image-1-5/text-to-image';
const OTHER = { name: 'gpt_image_1_5_text_to_image', arguments: { prompt: 'a fox' } };

/** A promise that is resolved by hand. */
function signal() {
  const { promise: given, resolve: give } = promised();
  return { given, give };
}

/** A server at work on the preview of the slow picture. */
async function decode(files: Record<string, Handler> = {}) {
  const fast = await plain(8, 8).png().toBuffer();
  const slow = signal();
  const last = signal();
  // Three are fetched at once: the last one when the fast one is done, which was sent behind the slow one.
  const upstream = await startUpstream(['/slow', '/fast', '/stuck', '/last'], {
    '/slow': (_, response) => void response.end(SLOW, slow.give),
    '/fast': (_, response) => void slow.given.then(() => response.end(fast)),
    '/stuck': () => {},
    '/last': last.give,
    ...files,
  });
  const dataDir = freshDataDir();
  const args = ['--base-url', upstream.origin, '--data-dir', dataDir, '--log-level', 'info'];
  const child = directly(args);
  const { stderr, ended } = await open(child);
  send(child, { id: 1, method: 'tools/call', params: CALL });
  await last.given;
  return { child, stderr, ended, dataDir };
}

describe('a picture that is being decoded', () => {
  it('keeps nobody from leaving', async () => {
    const { child, ended } = await decode();
    child.stdin.end();
    expect(await ended).toEqual(AT_ONCE);
  });

  // The grace is 0.3 s of real time, which a busy machine may use up by itself.
  it('does not keep a submit that is answered meanwhile from being recorded', { retry: 3 }, async () => {
    const asked = signal();
    const answer = signal();
    const { child, stderr, ended, dataDir } = await decode({
      [OTHER_MODEL]: (_, response) => {
        asked.give();
        void answer.given.then(() => response.end(JSON.stringify({ request_id: 'late' })));
      },
    });
    send(child, { id: 2, method: 'tools/call', params: OTHER });
    await asked.given;
    child.kill('SIGTERM');
    await stderr.has('info: leaves: ');
    answer.give();
    expect(await ended).toEqual(AT_ONCE);
    expect(readRecords(dataDir).map(({ request_id }) => request_id)).toContain('late');
  });
});

/** Why the test of a name server cannot run here, where that is so. */
function unfit(): string | undefined {
  const args = ['-rm', 'mount', '--bind', '/etc/resolv.conf', '/etc/resolv.conf'];
  return spawnSync('unshare', args).status === 0 ? undefined : 'needs a mount namespace of its own (unshare)';
}

describe('a name server that says nothing', () => {
  it('keeps nobody from leaving', async ({ skip }) => {
    skip(unfit() !== undefined, unfit());
    const names = createSocket('udp4');
    onTestFinished(() => void names.close());
    const isBound = new Promise<boolean>((resolve) => {
      names.once('error', () => resolve(false)).bind(53, SILENT, () => resolve(true));
    });
    skip(!(await isBound), 'may not listen on port 53');
    const resolv = join(scratch(), 'resolv.conf');
    writeFileSync(resolv, `nameserver ${SILENT}\n`);
    const mount = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    const command = [process.execPath, MAIN, '--base-url', 'https://silent.example'];
    const env = plainEnv({ RUNCOMFY_API_KEY: KEY });
    const child = spawn('unshare', ['-rm', 'sh', '-c', mount, resolv, ...command], { env });
    onTestFinished(() => void child.kill('SIGKILL'));
    const asked = once(names, 'message');
    const { ended } = await open(child);
    send(child, { id: 1, method: 'tools/call', params: { name: 'get_balance', arguments: {} } });
    await asked;
    child.stdin.end();
    expect(await ended).toEqual(AT_ONCE);
  });
});

// Where no SIGKILL can end it by itself, it has to wait.
describe('the first process of a container', () => {
  it('leaves as soon as it can', async ({ skip }) => {
    skip(spawnSync('unshare', ['-rpf', 'true']).status !== 0, 'needs a pid namespace of its own (unshare)');
    const { env, speak } = silentFolder();
    const command = [process.execPath, MAIN, '--base-url', NEVER, '--log-level', 'info'];
    const child = spawn('unshare', ['-rpf', '--kill-child', ...command], { env: plainEnv(env) });
    onTestFinished(() => void child.kill('SIGKILL'));
    const { stdout, stderr, ended } = await open(child);
    await readToken(child, stdout);
    // Its input stays open, so that it does not end by itself.
    const [pid] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
    process.kill(Number(pid), 'SIGTERM');
    await stderr.has('info: leaves: ');
    // By then it has tried to.
    await delay(1_000);
    speak();
    expect(await ended).toEqual({ code: 0, signal: null });
  });
});
