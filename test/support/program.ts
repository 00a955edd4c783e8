import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientCapabilities } from '@modelcontextprotocol/client';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { expect, onTestFinished } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import type { Config } from '../../src/config/config.ts';
import type { DownloadLimits } from '../../src/images/download.ts';
import { createProgram } from '../../src/program.ts';
import type { HttpLimits } from '../../src/runcomfy/connections.ts';
import type { Surroundings } from '../../src/runtime.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts';
import { createJumpingClock, type JumpingClock } from './clock.ts';

export const KEY = 'test-key-0123456789';

/** A directory that is not there yet, below a fresh temporary one. */
export function freshDataDir(): string {
  return join(mkdtempSync(join(process.env.TEST_SCRATCH ?? tmpdir(), 'data-')), 'data');
}

export interface Connected {
  client: Client;
  sandbox: Sandbox;
  config: Config;
  /** Everything that the server logged. */
  log: string[];
  clock: Clock;
  /** Sets the server's clock, but not upstream's, forward or back by some ms. */
  jumpClock(ms: number): void;
}

// Long enough that no wait ends which a test does not mean to end.
const LONG_WAIT = 600;

const CLIENT_TIMEOUT = 600_000;

let current: JumpingClock | undefined;

/** The clock of all that runs in a test. */
export function testClock(): JumpingClock {
  if (current) return current;
  const clock = createJumpingClock(Date.now());
  current = clock;
  onTestFinished(() => {
    clock.stop();
    current = undefined;
  });
  return clock;
}

/** As expect.poll, on that clock: awaits that an assertion holds, before time goes on. */
export function eventually<Value>(read: () => Value): ReturnType<typeof expect.poll<Value>> {
  const assertion = (isNot: boolean): object =>
    new Proxy(
      {},
      {
        get(_, name: string) {
          if (name === 'not') return assertion(true);
          return async (...given: unknown[]) => {
            const check = () => {
              const found = expect(read());
              (isNot ? found.not : found)[name as 'toBe'](...(given as [unknown]));
            };
            const holds = () => {
              try {
                check();
                return true;
              } catch {
                return false;
              }
            };
            // What does not hold in the end says why.
            if (!(await testClock().until(holds))) check();
          };
        },
      },
    );
  return assertion(false) as ReturnType<typeof expect.poll<Value>>;
}

// Looks, a ms each or more. undici's timeouts are in real time, and end up to a second late.
const UNTIL_TRANSPORT_GIVES_UP = 3_000;

/** The settings of a server that uses this sandbox: quiet, quick, with folders of its own. */
export function testConfig(sandbox: Pick<Sandbox, 'origin'>, overrides: Partial<Config> = {}): Config {
  return {
    command: 'serve',
    argument: undefined,
    sandbox: false,
    live: false,
    snippets: undefined,
    ignored: [],
    key: { value: KEY, from: 'RUNCOMFY_API_KEY' },
    tokenFile: '/nonexistent/token.json',
    baseUrl: sandbox.origin,
    balanceUrl: `${sandbox.origin}/prod/v2/balance`,
    models: undefined,
    waitSeconds: LONG_WAIT,
    dataDir: freshDataDir(),
    keepDays: 90,
    keepJobs: 2_000,
    maxJobsPerHour: undefined,
    maxActiveJobs: undefined,
    budgetUsd: undefined,
    confirmAboveUsd: undefined,
    outputDir: freshDataDir(),
    autoSave: false,
    sidecar: false,
    // Tests of other things need not wait for pictures to be kept.
    keepImagesBytes: 0,
    inputDirs: [],
    homeDir: '/nonexistent/home',
    hosts: undefined,
    dryRun: false,
    setupDir: '/nonexistent/setup',
    keyFile: '/nonexistent/setup/key',
    // Tests of other things need not wait for pictures to be drawn and decoded.
    preview: 'off',
    logLevel: 'debug',
    logFormat: 'text',
    service: undefined,
    ...overrides,
  };
}

/** A real client on a real server on a real sandbox over HTTP, in one process, on one clock. */
export async function connect(
  given: Partial<Config> & {
    sandboxOptions?: SandboxOptions;
    /** What is done to the service before the server knows it. */
    beforeClient?: (sandbox: Sandbox) => void;
    clientName?: string;
    clientCapabilities?: ClientCapabilities;
    /** What they all take the time from, where other processes are on real time. */
    clock?: Clock;
    httpLimits?: Partial<HttpLimits>;
    downloadLimits?: Partial<DownloadLimits>;
    /** What makes the program, where it is loaded in another way. */
    create?: typeof createProgram;
    createStores?: Surroundings['createStores'];
  } = {},
): Promise<Connected> {
  const {
    sandboxOptions,
    beforeClient = () => {},
    clientName = 'test-client',
    clientCapabilities = {},
    clock = testClock(),
    httpLimits = {},
    downloadLimits = {},
    create = createProgram,
    createStores,
    ...overrides
  } = given;
  // Limits of the transport are in real time.
  if (given.httpLimits || given.downloadLimits) testClock().patience = UNTIL_TRANSPORT_GIVES_UP;
  const sandbox = await startSandbox({ key: KEY, now: clock.now, ...sandboxOptions });
  beforeClient(sandbox);
  const config = testConfig(sandbox, overrides);
  let offset = 0;
  const ours: Clock = { now: () => clock.now() + offset, sleep: clock.sleep };
  const log: string[] = [];
  const program = create(config, {
    clock: ours,
    random: Math.random,
    writeLog: (line) => void log.push(line),
    httpLimits,
    downloadLimits,
    ...(createStores && { createStores }),
  });
  const server = await program.factory({ era: 'legacy' });
  const client = new Client({ name: clientName, version: '1.0.0' }, { capabilities: clientCapabilities });
  // Its own timeout is a minute of real time.
  const callTool = client.callTool.bind(client);
  client.callTool = (call, options) => callTool(call, { timeout: CLIENT_TIMEOUT, ...options });
  const [serverSide, clientSide] = InMemoryTransport.createLinkedPair();
  const send = clientSide.send.bind(clientSide);
  clientSide.send = (...message) => {
    // No two calls come at the same time.
    if (clock === current) current.advance(1);
    return send(...message);
  };
  await Promise.all([server.connect(serverSide), client.connect(clientSide)]);
  onTestFinished(async () => {
    await client.close();
    await program.close();
    await sandbox.close();
  });
  const jumpClock = (ms: number) => {
    offset += ms;
  };
  return { client, sandbox, config, log, clock, jumpClock };
}

/** The text of a result: what a model without eyes gets to see. */
export function textOf(result: { content: unknown }): string {
  const blocks = result.content as { type: string; text?: string }[];
  return blocks.flatMap(({ type, text }) => (type === 'text' && text !== undefined ? [text] : [])).join('\n');
}
