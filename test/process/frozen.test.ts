import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { checkAnswer, checkBooks, readRecords } from '../support/books.ts';
import { type Host, type ServerSetup, startHost } from '../support/host.ts';
import { freshDataDir, KEY } from '../support/program.ts';

const TOOL = 'gpt_image_2_text_to_image';
const INPUT = { prompt: 'a fox' };
// In ms. For so long a submit that is allowed may stand still and still go out (PERMIT_LASTS in src/runcomfy/http.ts).
const PERMIT_LASTS = 2_000;
const PEM = join(import.meta.dirname, '../support/fixtures/tls/self-signed.pem');

/** Lets the others believe that the process which follows the newest job has ended, as when it cannot be looked at. */
function presumeDead(dataDir: string): void {
  const path = join(dataDir, 'holders', readRecords(dataDir)[0]?.lease?.holder ?? '');
  writeFileSync(path, 'ended'.padEnd(16) + readFileSync(path, 'utf8').slice(16));
}

/** Stops a process until the function that is returned is called. */
function freeze({ pid }: Host): () => void {
  process.kill(pid, 'SIGSTOP');
  const thaw = () => void process.kill(pid, 'SIGCONT');
  onTestFinished(thaw);
  return thaw;
}

/** A pipe in place of the vendor's token file: whoever reads the key waits until it is given. */
function createKeyPipe() {
  const configDir = mkdtempSync(join(tmpdir(), 'token-'));
  const path = join(configDir, 'token.json');
  execFileSync('mkfifo', [path]);
  const give = () => writeFile(path, JSON.stringify({ access_token: KEY }));
  return { env: { RUNCOMFY_API_KEY: '', RUNCOMFY_CONFIG_DIR: configDir }, give };
}

/** TLS before the sandbox, whose next connection makes no progress until the function that is returned is called. */
async function createSlowDoor(sandbox: Sandbox) {
  const inner = createTlsServer({ key: readFileSync(PEM), cert: readFileSync(PEM) }, (socket) => {
    const out = connect(Number(new URL(sandbox.origin).port), '127.0.0.1');
    for (const one of [socket, out]) one.on('error', () => {});
    socket.pipe(out).pipe(socket);
  });
  const open = new Set<Socket>();
  const held: Socket[] = [];
  let holds = true;
  const outer = createServer((socket) => {
    open.add(socket.on('error', () => {}));
    if (holds) held.push(socket);
    else inner.emit('connection', socket);
  });
  await new Promise<void>((resolve) => outer.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    outer.close();
  });
  return {
    origin: `https://localhost:${(outer.address() as AddressInfo).port}`,
    env: { NODE_EXTRA_CA_CERTS: PEM },
    held,
    letOthersThrough() {
      holds = false;
    },
    letGo() {
      for (const socket of held) inner.emit('connection', socket);
    },
  };
}

async function setUp() {
  const sandbox = await startSandbox({ key: KEY, pace: 0 });
  onTestFinished(() => sandbox.close());
  const dataDir = freshDataDir();
  const start = (more: Partial<ServerSetup> = {}) => startHost({ baseUrl: sandbox.origin, dataDir, ...more });
  const state = () => readRecords(dataDir)[0]?.state;
  return { sandbox, dataDir, start, state };
}

it('a process that was frozen after its reservation does not send what another call has withdrawn', async () => {
  const { sandbox, dataDir, start, state } = await setUp();
  const { env, give } = createKeyPipe();
  const [frozen, other] = [await start({ env }), await start()];
  const first = frozen.call(TOOL, INPUT);
  await give();
  await expect.poll(state).toBe('reserved');
  const thaw = freeze(frozen);
  presumeDead(dataDir);
  expect((await other.call(TOOL, INPUT)).data).toMatchObject({ status: 'succeeded' });
  thaw();
  await give();
  const { text, isError } = await first;
  expect(text).toContain('[taken_over]');
  checkAnswer(text, isError);
  checkBooks(sandbox, dataDir, 1);
  expect(sandbox.requests.filter(({ route }) => route === 'submit')).toHaveLength(1);
});

it('a process that was frozen right before its POST does not send what was told to be in doubt', async () => {
  const { sandbox, dataDir, start, state } = await setUp();
  const { origin: baseUrl, env, held, letOthersThrough, letGo } = await createSlowDoor(sandbox);
  const [frozen, other] = [await start({ baseUrl, env }), await start({ baseUrl, env })];
  const first = frozen.call(TOOL, INPUT);
  await expect.poll(state).toBe('submitting');
  await expect.poll(() => held.length).toBe(1);
  const thaw = freeze(frozen);
  presumeDead(dataDir);
  letOthersThrough();
  const told = await other.call(TOOL, INPUT);
  expect(told.text).toContain('[submit_unknown]');
  await delay(PERMIT_LASTS + 200);
  thaw();
  letGo();
  const { text, isError } = await first;
  expect(text).toContain('[taken_over]');
  checkAnswer(text, isError);
  expect(sandbox.engine.jobs).toHaveLength(0);
  expect((await other.call(TOOL, INPUT)).data).toMatchObject({ status: 'succeeded' });
  checkBooks(sandbox, dataDir, 1);
});
