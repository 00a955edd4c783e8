import { join } from 'node:path';
import type { Account } from './account.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/config.ts';
import type { DownloadLimits } from './images/download.ts';
import { createCalls } from './jobs/calls.ts';
import type { JobStore, StoreOptions } from './jobs/store.ts';
import type { Log } from './log.ts';
import type { CallReport } from './mcp/call.ts';
import type { RunComfy } from './runcomfy/client.ts';
import type { HttpLimits } from './runcomfy/connections.ts';
import { createHttp } from './runcomfy/http.ts';
import { createHolder } from './stores/file/holder.ts';
import { createFileStore } from './stores/file/store.ts';

/** What watches the programs of all accounts, and changes nothing of what they do. */
export interface Instruments {
  api(api: RunComfy): RunComfy;
  store(store: JobStore): JobStore;
  onCall(report: CallReport): void;
}

/** What a program takes from its process. */
export interface Surroundings {
  clock: Clock;
  random: () => number;
  writeLog?: (line: string) => void;
  httpLimits?: Partial<HttpLimits>;
  downloadLimits?: Partial<DownloadLimits>;
  /** Where jobs are recorded, if not in files of the data folder. */
  createStore?: (options: StoreOptions) => JobStore;
  /** Absent where nobody watches. */
  instruments?: Instruments | undefined;
}

export type Runtime = ReturnType<typeof createRuntime>;

/** What the programs of all accounts in a process share: connections, open calls, and their end. Opens nothing yet. */
export function createRuntime({ dataDir }: Pick<Config, 'dataDir'>, log: Log, surroundings: Surroundings) {
  const { clock, random, httpLimits, downloadLimits, instruments } = surroundings;
  const http = createHttp(httpLimits);
  const end = new AbortController();
  const calls = createCalls();
  const toolCalls = new Set<Promise<unknown>>();
  const holder = createHolder({ dir: join(dataDir, 'holders'), clock, ended: end.signal, log });
  const createStore =
    surroundings.createStore ?? ((options) => createFileStore({ ...options, dataDir, holder, random, log }));
  return {
    ...{ clock, random, http, downloadLimits, calls, toolCalls, instruments },
    /** Aborts when the process is about to end. */
    ended: end.signal,
    openStore(account: Account): JobStore {
      const store = createStore({ account, openCalls: calls, clock });
      return instruments?.store(store) ?? store;
    },
    /** Resolves when every submit under way has its request id recorded, and every answer that was sent its delivery. */
    async shutdown(): Promise<void> {
      end.abort();
      // Holders first, at once, so that a process that is called meanwhile does not believe our jobs followed.
      await Promise.all([holder.end(), calls.recorded()]);
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
