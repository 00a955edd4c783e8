import { join } from 'node:path';
import type { McpServerFactory } from '@modelcontextprotocol/server';
import { createAccountServices } from './account-services.ts';
import type { Clock } from './clock.ts';
import { accountOf, type Config } from './config/config.ts';
import { createDownloader, type DownloadLimits } from './images/download.ts';
import { createFileDownloader } from './images/download-to.ts';
import { createOutputFetcher } from './images/fetch-outputs.ts';
import { createFolderOpener } from './images/folders/writable-folder.ts';
import { createLibrary } from './images/library/library.ts';
import { createOriginals } from './images/library/originals.ts';
import { createTidy } from './images/library/tidy.ts';
import { createLinkCheck } from './images/references/link-check.ts';
import { createReferenceReader } from './images/references/references.ts';
import { createSendOutput } from './images/references/sent-output.ts';
import { createSaveInOutputDir } from './images/saving/output-dir.ts';
import { createSaveFile } from './images/saving/save-file.ts';
import { createSaveOriginal } from './images/saving/save-original.ts';
import { loopbackOrigin, outputOrigins } from './images/trust.ts';
import { createCalls } from './jobs/calls.ts';
import type { JobStore, StoreOptions } from './jobs/store.ts';
import { createLog } from './log.ts';
import { viewContents } from './mcp/apps.ts';
import { createServerFactory } from './mcp/server.ts';
import { MODELS } from './models/built-in/index.ts';
import { createCatalogue } from './models/catalogue.ts';
import type { Model } from './models/define.ts';
import { pinnedModels } from './models/pinned.ts';
import type { HttpLimits } from './runcomfy/connections.ts';
import { createHttp } from './runcomfy/http.ts';
import { createKeyring } from './runcomfy/key.ts';
import { createRedactor } from './runcomfy/sanitize.ts';
import { createHolder } from './stores/file/holder.ts';
import { accountDir } from './stores/file/names.ts';
import { createFileStore } from './stores/file/store.ts';
import { createTools } from './tools/index.ts';
import type { Services } from './tools/support/define.ts';
import { createLast } from './tools/support/last.ts';

/** The parts of a running program. */
export type Program = ReturnType<typeof createProgram>;

/** What a program takes from its process. */
export interface Surroundings {
  clock: Clock;
  random: () => number;
  writeLog?: (line: string) => void;
  httpLimits?: Partial<HttpLimits>;
  downloadLimits?: Partial<DownloadLimits>;
  /** Where jobs are recorded, if not in files of the data folder. */
  createStore?: (options: StoreOptions) => JobStore;
}

/** config -> API -> store -> jobs -> server. Opens nothing: that waits for the first call. */
export function createProgram(config: Config, surroundings: Surroundings) {
  const { clock, random, writeLog, httpLimits, downloadLimits } = surroundings;
  const { dataDir, baseUrl, outputDir, autoSave, inputDirs, homeDir, preview, waitSeconds } = config;
  const keyring = createKeyring(config);
  const redact = createRedactor(keyring.seen);
  const log = createLog(config.logLevel, redact, writeLog);
  const http = createHttp(httpLimits);
  const end = new AbortController();
  const calls = createCalls();
  const toolCalls = new Set<Promise<unknown>>();
  const holder = createHolder({ dir: join(dataDir, 'holders'), clock, ended: end.signal, log });
  const createStore =
    surroundings.createStore ?? ((options) => createFileStore({ ...options, dataDir, holder, random, log }));
  const account = accountOf(config);
  const { api, store, jobs } = createAccountServices(account, {
    ...{ config, key: keyring.require, redact, http, calls, clock, random, log },
    createStore: (one) => createStore({ account: one, openCalls: calls, clock }),
    ended: end.signal,
    onPruned: () => void tidy.clean(),
  });
  const local = loopbackOrigin(baseUrl);
  const catalogue = createCatalogue({ api, origin: account.api, dataDir, clock, redact, log });
  const { keepImagesBytes, sidecar } = config;
  const libraryDir = join(accountDir(dataDir, account), 'library');
  const isKeeping = keepImagesBytes > 0;
  const library = isKeeping ? createLibrary({ dir: libraryDir, maxBytes: keepImagesBytes }) : undefined;
  // Where nothing is kept any more, what was kept still goes with its records.
  const maxBytes = isKeeping ? keepImagesBytes : undefined;
  const tidy = createTidy({ dir: libraryDir, maxBytes, library, store, clock, log, ended: end.signal });
  const originals = createOriginals({
    library,
    tidy,
    store,
    download: createDownloader(local, downloadLimits),
    downloadTo: createFileDownloader(local, downloadLimits),
    ended: end.signal,
    log,
  });
  const checkLink = createLinkCheck({ loopbackOrigin: local });
  const withFolder = createFolderOpener({ folders: [outputDir], homeDir });
  const saveFile = createSaveFile({ hasSidecar: sidecar });
  const saveInOutputDir = createSaveInOutputDir({ dir: outputDir, withFolder, saveFile });
  const services: Services = {
    clock,
    jobs,
    approve: jobs.approve,
    balance: api.balance,
    catalogue,
    loopbackOrigin: local,
    readReference: createReferenceReader({
      loopbackOrigin: local,
      folders: [...inputDirs, outputDir],
      homeDir,
      checkLink,
    }),
    sendOutput: createSendOutput({ originals, checkLink, loopbackOrigin: local }),
    last: createLast(),
    originals,
    fetchOutputs: createOutputFetcher({ clock, originals, saveInOutputDir }),
    withFolder,
    saveOriginal: createSaveOriginal({ originals, saveFile }),
    autoSave,
    outputDir,
  };
  const serve = (models: readonly Model[]): McpServerFactory => {
    const tools = createTools(services, models);
    return createServerFactory({
      ...{ clock, log, preview, waitSeconds, redact, homeDir, jobs, catalogue },
      tools,
      openCalls: toolCalls,
      view: async () => viewContents((await import('./view/pages.ts')).viewHtml(tools), outputOrigins(local)),
    });
  };
  /** Chooses the models when the first client connects; then the list stays as it is. */
  function servePinned(patterns: readonly string[]): McpServerFactory {
    let factory: Promise<McpServerFactory> | undefined;
    return async (request) => {
      factory ??= pinnedModels(patterns, catalogue, log).then(serve);
      return (await factory)(request);
    };
  }

  return {
    ...{ keyring, api, store, jobs, originals, libraryDir, catalogue, redact, log },
    factory: config.models === undefined ? serve(MODELS) : servePinned(config.models),
    /** Resolves when every submit under way has its request id recorded, and every answer that was sent its delivery. */
    async shutdown() {
      end.abort();
      // Holders first, at once, so that a process that is called meanwhile does not believe our jobs followed.
      await Promise.all([holder.end(), calls.recorded(), originals.settled()]);
    },
    /** Resolves when no tool call is open. */
    async callsEnded() {
      while (toolCalls.size > 0) await Promise.allSettled(toolCalls);
    },
    /** Loads what the first call needs. */
    async preload() {
      await http.preload();
      if (config.models !== undefined) await catalogue.refresh();
    },
    async close() {
      end.abort();
      await http.close();
    },
  };
}
