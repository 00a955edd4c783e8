import type { Account } from './account.ts';
import { createAccountServices } from './account-services.ts';
import { accountOf, type Config, libraryRoot } from './config/config.ts';
import { createDownloader } from './images/download.ts';
import { createFileDownloader } from './images/download-to.ts';
import { createOutputFetcher } from './images/fetch-outputs.ts';
import { createFolderOpener } from './images/folders/writable-folder.ts';
import { createForget } from './images/library/forget.ts';
import { createOriginals, type Originals } from './images/library/originals.ts';
import { createTidy } from './images/library/tidy.ts';
import { createLinkCheck } from './images/references/link-check.ts';
import { createReferenceReader } from './images/references/references.ts';
import { createSendOutput } from './images/references/sent-output.ts';
import { createSaveInOutputDir } from './images/saving/output-dir.ts';
import { createSaveFile } from './images/saving/save-file.ts';
import { createSaveOriginal } from './images/saving/save-original.ts';
import { loopbackOrigin, outputOrigins } from './images/trust.ts';
import { createLog, type Log, lineOf } from './log.ts';
import { viewContents } from './mcp/apps.ts';
import type { ServerFactory } from './mcp/opening.ts';
import { createServerFactory } from './mcp/server.ts';
import { MODELS } from './models/built-in/index.ts';
import { createCatalogue } from './models/catalogue.ts';
import type { Model } from './models/define.ts';
import { pinnedModels } from './models/pinned.ts';
import { createKeyring, type Keyring } from './runcomfy/key.ts';
import { createRedactor, type Redact } from './runcomfy/sanitize.ts';
import { createRuntime, libraryDir, type Runtime, type Surroundings } from './runtime.ts';
import { accountDigest } from './stores/file/names.ts';
import { createTools } from './tools/index.ts';
import type { Services } from './tools/support/define.ts';
import { createLast } from './tools/support/last.ts';
import type { Surface } from './tools/support/surface.ts';

/** The parts of a running program. */
export type Program = ReturnType<typeof createProgram>;

/** The program of the user who started the process: what all commands and the server over stdio work with. */
export function createProgram(config: Config, surroundings: Surroundings) {
  const keyring = createKeyring(config);
  const redact = createRedactor(keyring.seen);
  const line = lineOf(config.logFormat, surroundings.clock);
  const log = createLog(config.logLevel, redact, surroundings.writeLog, line);
  const runtime = createRuntime(config, log, surroundings);
  const { inputDirs, outputDir } = config;
  const surface = { isLocal: true, readFrom: [...inputDirs, outputDir], saveIn: outputDir };
  const account = accountOf(config);
  const program = createAccountProgram(config, { account, surface, keyring, redact, log, runtime });
  return {
    ...program,
    ...{ keyring, redact, log },
    callsEnded: runtime.callsEnded,
    close: runtime.close,
    /** Resolves when all that is under way is recorded, and every picture that was fetched is kept. */
    shutdown: () => Promise.all([runtime.shutdown(), program.originals.settled()]),
    /** Loads what the first call needs. */
    async preload() {
      await runtime.http.preload();
      if (config.models !== undefined) await program.catalogue.refresh();
    },
  };
}

export type AccountProgram = ReturnType<typeof createAccountProgram>;

/** For whom a program works, and what it has of its process. */
export interface AccountOptions {
  account: Account;
  /** What its agents are offered. */
  surface: Surface;
  keyring: Pick<Keyring, 'require'> & {
    /** What to do about a refused key that is not the user's own. */
    refusedAdvice?: string;
  };
  /** How many reads of jobs are sent a second; undefined for what is assumed to be welcome. */
  readsPerSecond?: number | undefined;
  redact: Redact;
  log: Log;
  runtime: Runtime;
}

/** What clients get of a program. */
interface Served {
  factory: ServerFactory;
  /** Whether a tool costs money or changes something. */
  changes(tool: string): Promise<boolean>;
}

/** config -> API -> store -> jobs -> server, for one account. Opens nothing: that waits for the first call. */
export function createAccountProgram(
  config: Config,
  { account, surface, keyring, readsPerSecond, redact, log, runtime }: AccountOptions,
) {
  const { clock, random, http, calls, toolCalls, downloadLimits, ended, turns, instruments } = runtime;
  const { dataDir, baseUrl, homeDir, preview, waitSeconds } = config;
  const { api, store, jobs } = createAccountServices(account, {
    ...{ config, key: keyring.require, redact, http, calls, clock, random, log, ended, turns, instruments },
    refusedAdvice: keyring.refusedAdvice,
    readsPerSecond,
    createStore: runtime.openStore,
    isShared: !surface.isLocal,
    onPruned: () => void tidy.clean(),
    onDeleted: (job) => forget(job.originals),
  });
  const local = loopbackOrigin(baseUrl);
  const catalogue = createCatalogue({ api, origin: account.api, dataDir, clock, redact, log });
  const { keepImagesBytes } = config;
  const digest = accountDigest(account);
  const isKeeping = keepImagesBytes > 0;
  const place = runtime.openLibrary(account.api, digest, keepImagesBytes);
  const library = isKeeping ? place : undefined;
  // Where nothing is kept any more, what was kept still goes with its records.
  const maxBytes = isKeeping ? keepImagesBytes : undefined;
  const tidy = createTidy({ library: place, maxBytes, store, clock, log, ended });
  const forget = createForget({ library: place, store, log });
  const originals = createOriginals({
    library,
    tidy,
    forget,
    store,
    download: createDownloader(local, downloadLimits),
    downloadTo: createFileDownloader(local, downloadLimits),
    ended,
    log,
  });
  const checkLink = createLinkCheck({ loopbackOrigin: local });
  const saving = createSaving(surface, config, originals);
  const services: Services = {
    clock,
    jobs,
    approve: jobs.approve,
    balance: api.balance,
    catalogue,
    loopbackOrigin: local,
    readReference: createReferenceReader({
      loopbackOrigin: local,
      folders: surface.readFrom,
      homeDir,
      checkLink,
    }),
    sendOutput: createSendOutput({ originals, checkLink, loopbackOrigin: local }),
    surface,
    last: surface.isLocal ? createLast() : undefined,
    originals,
    fetchOutputs: createOutputFetcher({
      clock,
      originals,
      saveInOutputDir: saving?.saveInOutputDir,
      linkTo: isKeeping ? surface.linkTo : undefined,
    }),
    saving,
    autoSave: config.autoSave && saving !== undefined,
  };
  const serve = (models: readonly Model[]): Served => {
    const tools = createTools(services, models);
    const factory = createServerFactory({
      ...{ clock, log, preview, waitSeconds, redact, homeDir, surface, jobs, catalogue },
      tools,
      openCalls: toolCalls,
      onCall: instruments?.onCall,
      view: async () => viewContents((await import('./view/pages.ts')).viewHtml(), outputOrigins(local)),
    });
    const changing = new Set(
      tools.flatMap(({ name, annotations }) => (annotations.readOnlyHint ? [] : name)),
    );
    return { factory, changes: async (tool) => changing.has(tool) };
  };
  /** Chooses the models when the first client connects; then the list stays as it is. */
  function servePinned(patterns: readonly string[]): Served {
    let served: Promise<Served> | undefined;
    const choose = () => {
      served ??= pinnedModels(patterns, catalogue, log).then(serve);
      return served;
    };
    return {
      factory: async (opening) => (await choose()).factory(opening),
      changes: async (tool) => (await choose()).changes(tool),
    };
  }

  return {
    ...{ api, store, jobs, originals, catalogue },
    libraryDir: libraryDir(libraryRoot(config), account.api, digest),
    ...(config.models === undefined ? serve(MODELS) : servePinned(config.models)),
  };
}

/** What saves outputs, if the surface has a place for them. */
function createSaving({ saveIn: outputDir }: Surface, { homeDir, sidecar }: Config, originals: Originals) {
  if (outputDir === undefined) return undefined;
  const withFolder = createFolderOpener({ folders: [outputDir], homeDir });
  const saveFile = createSaveFile({ hasSidecar: sidecar });
  return {
    ...{ outputDir, withFolder },
    saveOriginal: createSaveOriginal({ originals, saveFile }),
    saveInOutputDir: createSaveInOutputDir({ dir: outputDir, withFolder, saveFile }),
  };
}
