import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { JobPlan } from '../../src/sandbox/engine.ts';
import type { Fault, Route } from '../../src/sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { checkBooks, readRecords } from '../support/books.ts';
import { CALL, promised } from '../support/calls.ts';
import { start } from '../support/process.ts';
import { freshDataDir, KEY } from '../support/program.ts';
import { collect, initialize, lines, send } from '../support/raw.ts';
import { directly, WAYS, type Way } from '../support/ways.ts';

const HOURS = 3_600_000;

interface Scene {
  sandbox: Sandbox;
  dataDir: string;
}

/** A state in which the client leaves, and how the books stand afterwards. */
interface State {
  state: string;
  plan?: Partial<JobPlan>;
  hold?: Route;
  reached: (scene: Scene) => unknown;
  recorded?: { state: string; requestId: boolean };
}

const QUEUED = { queueMs: HOURS };
const saw = (route: Route) => (scene: Scene) =>
  scene.sandbox.requests.some((request) => request.route === route);
const submitted = ({ sandbox }: Scene) => sandbox.engine.jobs.length > 0;

const STATES: State[] = [
  { state: 'idle', reached: () => true },
  {
    state: 'a submit whose answer never comes',
    plan: QUEUED,
    hold: 'submit',
    reached: submitted,
    recorded: { state: 'submitting', requestId: false },
  },
  {
    state: 'a queued job',
    plan: QUEUED,
    reached: saw('status'),
    recorded: { state: 'in_queue', requestId: true },
  },
  {
    state: 'a running job',
    plan: { queueMs: 0, runMs: HOURS },
    reached: ({ dataDir }) => readRecords(dataDir)[0]?.state === 'in_progress',
    recorded: { state: 'in_progress', requestId: true },
  },
  {
    state: 'a result that is being read',
    plan: { queueMs: 0, runMs: 0 },
    hold: 'result',
    reached: saw('result'),
    recorded: { state: 'in_queue', requestId: true },
  },
  {
    state: 'a cost that is still to be read',
    plan: { queueMs: 0, runMs: 0, output: { image: 'https://example.com/fox.png' }, costAfterMs: HOURS },
    reached: ({ dataDir }) => readRecords(dataDir)[0]?.delivered_at !== undefined,
    recorded: { state: 'succeeded', requestId: true },
  },
];

const ANSWERED: State = {
  state: 'a submit that is answered while the server leaves',
  plan: QUEUED,
  hold: 'submit',
  reached: submitted,
  recorded: { state: 'in_queue', requestId: true },
};

/** Starts a server and brings it into a state. */
async function reach(state: State, launch: Way['launch']) {
  const sandbox = await startSandbox({ key: KEY });
  onTestFinished(() => sandbox.close());
  const dataDir = freshDataDir();
  const { promise: held, resolve: answer } = promised();
  if (state.plan) sandbox.engine.planNext(state.plan);
  if (state.hold) sandbox.inject({ on: state.hold, what: { hold: held } });

  const args = ['--base-url', sandbox.origin, '--data-dir', dataDir, '--log-level', 'info'];
  const child = launch(args);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  // The pipe may be broken by then: that is what is tested.
  child.stdin.on('error', () => {});
  const closed = once(child, 'close');
  await initialize(child, stdout);
  if (state.recorded) send(child, { id: 1, method: 'tools/call', params: CALL });
  await vi.waitUntil(() => state.reached({ sandbox, dataDir }), { timeout: 20_000, interval: 10 });

  /** Waits until the server is gone, and tells how it ended and how the books stand. */
  async function end() {
    // Every holder of the pipes has to be gone for this: the server too where another process was launched.
    const [code, signal] = await closed;
    checkBooks(sandbox, dataDir, 1);
    const [job] = sandbox.engine.jobs;
    return {
      state: state.state,
      exit: { code, signal },
      protocol: lines(stdout.text()).every(isMessage),
      madeDirectory: existsSync(dataDir),
      records: readRecords(dataDir).map(({ state, request_id }) => ({
        state,
        requestId: request_id !== undefined && request_id === job?.id,
      })),
      cancelled: sandbox.requests.some(({ route }) => route === 'cancel'),
    };
  }
  return { child, isLeaving: stderr.has('info: leaves: '), answer, end };
}

/** What is to be found when a server is gone. */
const found = ({ state, recorded }: State, { exit }: Way) => ({
  state,
  exit,
  protocol: true,
  madeDirectory: recorded !== undefined,
  records: recorded ? [recorded] : [],
  cancelled: false,
});

// The grace is 0.3 s of real time, which a busy machine may use up by itself.
const BUSY = { retry: 3 };

describe('leaving in every state ends the process and leaves true records', BUSY, () => {
  it.each(WAYS)('by $way', async (way) => {
    const scenes = await Promise.all(STATES.map((state) => reach(state, way.launch)));
    for (const { child } of scenes) way.leave(child);
    expect(await Promise.all(scenes.map(({ end }) => end()))).toEqual(
      STATES.map((state) => found(state, way)),
    );
  });
});

describe('a submit that is answered while the server leaves is recorded with its request id', BUSY, () => {
  it.each(WAYS)('by $way', async (way) => {
    const { child, isLeaving, answer, end } = await reach(ANSWERED, way.launch);
    way.leave(child);
    await isLeaving;
    answer();
    expect(await end()).toEqual(found(ANSWERED, way));
  });

  // Ctrl-C under npx comes from the terminal and from npm.
  it.each(WAYS.filter(({ way }) => way.startsWith('SIG')))('by $way twice', async (way) => {
    const { child, isLeaving, answer, end } = await reach(ANSWERED, way.launch);
    way.leave(child);
    await isLeaving;
    way.leave(child);
    answer();
    expect(await end()).toEqual(found(ANSWERED, way));
  });

  const FOUR = [1, 2, 3, 4];
  const TOGETHER: [what: string, fault: (held: Promise<void>) => Fault['what'], jobs: number][] = [
    ['and so are four at once', (held) => ({ hold: held }), FOUR.length],
    ['and four that are refused leave no record', (held) => ({ stall: held, status: 422, body: {} }), 0],
  ];
  it.each(TOGETHER)('%s', async (_, fault, count) => {
    const sandbox = await startSandbox({ key: KEY });
    onTestFinished(() => sandbox.close());
    const dataDir = freshDataDir();
    const { promise: held, resolve: answer } = promised();
    sandbox.inject({ on: 'submit', times: FOUR.length, what: fault(held) });
    const args = ['--base-url', sandbox.origin, '--data-dir', dataDir, '--log-level', 'info'];
    const child = directly(args);
    const closed = once(child, 'close');
    const stderr = collect(child.stderr);
    await initialize(child, collect(child.stdout));
    for (const id of FOUR) {
      send(child, { id, method: 'tools/call', params: { ...CALL, arguments: { prompt: `fox ${id}` } } });
    }
    await expect.poll(() => sandbox.requests.length, { timeout: 20_000 }).toBe(FOUR.length);
    child.stdin.end();
    await stderr.has('info: leaves: ');
    answer();
    await closed;
    const jobs = sandbox.engine.jobs.map(({ id }) => id);
    expect(jobs).toHaveLength(count);
    expect(
      readRecords(dataDir)
        .map(({ request_id }) => request_id)
        .sort(),
    ).toEqual(jobs.sort());
  });
});

describe('what was written before the server leaves', BUSY, () => {
  const IDS = Array.from({ length: 40 }, (_, index) => 10 + index);

  it('goes out whole while somebody reads', async () => {
    const child = directly(['--log-level', 'info']);
    const closed = once(child, 'close');
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    await initialize(child, stdout);
    child.stdout.pause();
    // Some 14 kB each: more than lies between two processes.
    for (const id of IDS) send(child, { id, method: 'tools/list' });
    child.stdin.end();
    await stderr.has('info: leaves: ');
    child.stdout.resume();
    expect(await closed).toEqual([0, null]);
    const ids = lines(stdout.text()).map((line) => (JSON.parse(line) as { id: number }).id);
    expect(ids).toEqual([0, ...IDS]);
  });
});

describe('Ctrl-C, which reaches the server before the cancellation of its client does', BUSY, () => {
  it('gives it time to cancel a queued job', async () => {
    const queued = STATES.find(({ state }) => state === 'a queued job') as State;
    const { child, isLeaving, end } = await reach(queued, directly);
    child.kill('SIGINT');
    await isLeaving;
    send(child, {
      method: 'notifications/cancelled',
      params: { requestId: 1, reason: 'stopped by the user' },
    });
    expect(await end()).toMatchObject({
      cancelled: true,
      records: [{ state: 'cancelled', requestId: true }],
    });
  });
});

describe('a throw-away start, as hosts make them to look, leaves no trace', () => {
  const META = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };

  it.each([
    ['nothing at all', undefined],
    ['server/discover', { id: 1, method: 'server/discover', params: { _meta: META } }],
    ['tools/list', { id: 1, method: 'tools/list', params: { _meta: META } }],
  ])('%s, then SIGKILL', async (_, request) => {
    const home = mkdtempSync(join(tmpdir(), 'runcomfy-image-home-'));
    const env = { HOME: home, RUNCOMFY_API_KEY: KEY, RUNCOMFY_BASE_URL: 'http://127.0.0.1:9' };
    const { child, ended } = start(['--log-level', 'info'], env);
    const stdout = collect(child.stdout);
    await collect(child.stderr).has(' serves ');
    if (request) {
      send(child, request);
      await stdout.has('"id":1');
    }
    child.kill('SIGKILL');
    await ended;
    for (const line of lines(stdout.text())) expect(JSON.parse(line)).toHaveProperty('result');
    expect(readdirSync(home)).toEqual([]);
  });
});

/** Whether a line is a message of the protocol. */
function isMessage(line: string): boolean {
  return (JSON.parse(line) as { jsonrpc?: string }).jsonrpc === '2.0';
}
