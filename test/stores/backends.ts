import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Account, LOCAL_TENANT } from '../../src/account.ts';
import type { JobStore, StoredJob } from '../../src/jobs/store.ts';
import { createLog } from '../../src/log.ts';
import type { Link } from '../../src/stores/file/disk.ts';
import { createHolder } from '../../src/stores/file/holder.ts';
import { thisProcess } from '../../src/stores/file/process-identity.ts';
import { createFileStore } from '../../src/stores/file/store.ts';
import { createMemory } from '../../src/stores/memory.ts';
import { createJumpingClock } from '../support/clock.ts';
import { freshDataDir } from '../support/program.ts';

export const ACCOUNT: Account = { tenant: LOCAL_TENANT, api: 'https://api.example' };

/** A process that serves an account, as its store sees it. */
export interface Process {
  store: JobStore;
  /** The calls that it has open. */
  calls: Set<string>;
  /** Ends it without a word. */
  kill(): Promise<void>;
}

/** Data that several processes share. */
export interface Backend {
  start(account?: Account): Promise<Process>;
  /** All that is kept of jobs, as whoever looks behind the store finds it. */
  contents(): Promise<string>;
}

/** The time of all these processes. */
export const clock = createJumpingClock(Date.now());

/** All of them look at each other in one memory. */
export function inMemory(): Backend {
  const memory = createMemory(clock);
  let count = 0;
  return {
    async start(account = ACCOUNT) {
      const calls = new Set<string>();
      const holder = `process ${count++}`;
      const store = memory.open({ account, openCalls: calls, holder });
      return { store, calls, kill: async () => memory.kill(holder) };
    },
    async contents() {
      const { store } = await this.start();
      const found: StoredJob[] = [];
      for await (const stored of store.newest({ withDeleted: true })) found.push(stored);
      return JSON.stringify(found);
    },
  };
}

export interface FileBackend extends Backend {
  dataDir: string;
  /** What they logged. */
  log: string[];
}

/** All of them share a folder; each asks `stores` stores that know nothing of each other, one after the other. */
export function inFiles(
  stores: number,
  { dataDir = freshDataDir(), link }: { dataDir?: string; link?: Link } = {},
): FileBackend {
  const lines: string[] = [];
  const log = createLog(
    'warn',
    (text) => text,
    (line) => void lines.push(line),
  );
  const dir = join(dataDir, 'holders');
  return {
    dataDir,
    log: lines,
    async contents() {
      const files = readdirSync(dataDir, { recursive: true, withFileTypes: true });
      return files
        .filter((file) => file.isFile())
        .map((file) => `${file.name}\n${readFileSync(join(file.parentPath, file.name), 'utf8')}`)
        .join('\n');
    },
    async start(account = ACCOUNT) {
      const end = new AbortController();
      onTestFinished(() => end.abort());
      const calls = new Set<string>();
      const holder = createHolder({ dir, clock, ended: end.signal, log });
      const open = () =>
        createFileStore({
          dataDir,
          account,
          openCalls: calls,
          holder,
          clock,
          random: Math.random,
          log,
          ...(link && { link }),
        });
      return {
        store: inTurn(Array.from({ length: stores }, open)),
        calls,
        async kill() {
          end.abort();
          const { holder: session } = await holder.acquire('a job', 'a call');
          // As it stands when its pid belongs to a later process.
          const identity = { host: 'here', ...thisProcess(), started: '1' };
          writeFileSync(join(dir, session), `${'1'.padEnd(16)}${JSON.stringify(identity)}`);
        },
      };
    },
  };
}

/** Asks each of several stores in turn. */
function inTurn(stores: readonly JobStore[]): JobStore {
  let turn = 0;
  return new Proxy(stores[0] as JobStore, {
    get(_, name) {
      const store = stores[turn++ % stores.length] as JobStore;
      return store[name as keyof JobStore];
    },
  });
}
