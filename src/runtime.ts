import { join } from 'node:path';
import type { Account } from './account.ts';
import type { Clock } from './clock.ts';
import { type Config, libraryRoot } from './config/config.ts';
import type { DownloadLimits } from './images/download.ts';
import { createFolderLibrary } from './images/library/folder/folder-library.ts';
import type { Library } from './images/library/library.ts';
import { createCalls } from './jobs/calls.ts';
import type { Turns } from './jobs/polling/turns.ts';
import type { JobStore, OpenCalls } from './jobs/store.ts';
import type { Log } from './log.ts';
import type { CallReport } from './mcp/call.ts';
import type { RunComfy } from './runcomfy/client.ts';
import type { HttpLimits } from './runcomfy/connections.ts';
import { createHttp } from './runcomfy/http.ts';
import { createHolder } from './stores/file/holder.ts';
import { dirOfDigest } from './stores/file/names.ts';
import { createFileStore } from './stores/file/store.ts';

/** What watches the programs of all accounts, and changes nothing of what they do. */
export interface Instruments {
  api(api: RunComfy): RunComfy;
  store(store: JobStore): JobStore;
  onCall(report: CallReport): void;
}

/** The records of all accounts, as one process keeps them. */
export interface Stores {
  open(account: Account): JobStore;
  /** Tells the other processes that this one ends. Never throws. */
  end(): Promise<void>;
}

/** The library of the account with a digest on an API, of so many bytes at most. */
export type OpenLibrary = (api: string, digest: string, maxBytes: number) => Library;

/** What stores take from their process. */
export interface StoresOptions {
  openCalls: OpenCalls;
  clock: Clock;
  random: () => number;
  /** Aborts when the process is about to end. */
  ended: AbortSignal;
  log: Log;
}

/** What a program takes from its process. */
export interface Surroundings {
  clock: Clock;
  random: () => number;
  writeLog?: (line: string) => void;
  httpLimits?: Partial<HttpLimits>;
  downloadLimits?: Partial<DownloadLimits>;
  /** Where jobs are recorded, if not in files of the data folder. */
  createStores?: ((options: StoresOptions) => Stores) | undefined;
  /** By which the accounts of the process read; absent where there is one. */
  turns?: Turns | undefined;
  /** Where pictures are kept, if not in folders. */
  openLibrary?: OpenLibrary | undefined;
  /** Absent where nobody watches. */
  instruments?: Instruments | undefined;
}

export type Runtime = ReturnType<typeof createRuntime>;

/** What the programs of all accounts in a process share: connections, open calls, and their end. Opens nothing yet. */
export function createRuntime(
  config: Pick<Config, 'dataDir' | 'service'>,
  log: Log,
  surroundings: Surroundings,
) {
  const { clock, random, httpLimits, downloadLimits, turns, instruments } = surroundings;
  const http = createHttp(httpLimits);
  const end = new AbortController();
  const calls = createCalls();
  const toolCalls = new Set<Promise<unknown>>();
  const { createStores = inFiles(config.dataDir), openLibrary = inFolders(libraryRoot(config)) } =
    surroundings;
  const stores = createStores({ openCalls: calls, clock, random, ended: end.signal, log });
  return {
    ...{ clock, random, http, downloadLimits, calls, toolCalls, turns, instruments },
    /** Aborts when the process is about to end. */
    ended: end.signal,
    openLibrary,
    openStore(account: Account): JobStore {
      const store = stores.open(account);
      return instruments?.store(store) ?? store;
    },
    /** Resolves when every submit under way has its request id recorded, and every answer that was sent its delivery. */
    async shutdown(): Promise<void> {
      end.abort();
      // Leases first, at once, so that a process that is called meanwhile does not believe our jobs followed.
      await Promise.all([stores.end(), calls.recorded()]);
    },
    /** Resolves when no tool call is open. */
    async callsEnded(): Promise<void> {
      while (toolCalls.size > 0) await Promise.allSettled(toolCalls);
    },
    async close(): Promise<void> {
      end.abort();
      await http.close();
    },
  };
}

/** The folder of an account's library, below that of its account. */
export const libraryDir = (root: string, api: string, digest: string): string =>
  join(dirOfDigest(root, api, digest), 'library');

/** Libraries in folders below one. */
const inFolders =
  (root: string): OpenLibrary =>
  (api, digest, maxBytes) =>
    createFolderLibrary({ dir: libraryDir(root, api, digest), maxBytes });

/** Stores in files of the data folder. */
const inFiles =
  (dataDir: string) =>
  (options: StoresOptions): Stores => {
    const holder = createHolder({ ...options, dir: join(dataDir, 'holders') });
    return {
      open: (account) => createFileStore({ ...options, account, dataDir, holder }),
      end: holder.end,
    };
  };
