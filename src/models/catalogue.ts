import { type Clock, within } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import type { CatalogueEntry } from '../runcomfy/entries.ts';
import { createStore, type Kept } from './catalogue-file.ts';
import { cleanEntry } from './clean-entry.ts';
import type { Found, Wish } from './search.ts';

/** Something of the catalogue, when it was read in ms since the epoch, and why it is old where it should be newer. */
export interface Known<What> {
  what: What;
  at: number;
  problem?: ToolError;
}

/** RunComfy's models of today, kept on disk: stale is better than nothing, and is told. */
export interface Catalogue {
  /** The entries that fit, best first, and how the query was read. Throws ToolError where none was ever read. */
  search(query: string, wish: Wish, signal?: AbortSignal): Promise<Known<Found>>;
  /** One model as RunComfy publishes it now, or last did. Throws `unknown_model` with ids like it. */
  model(modelId: string, signal?: AbortSignal): Promise<Known<CatalogueEntry>>;
  /** The model as it is at this moment; undefined where that cannot be had. */
  now(modelId: string): Promise<CatalogueEntry | undefined>;
  /** The entries of some ids, as they were kept; without any they are fetched within `ms`. */
  pick(wants: (modelId: string) => boolean, ms: number): Promise<CatalogueEntry[]>;
  /** Reads the catalogue anew where what is kept is old. */
  refresh(): Promise<void>;
}

// In ms: schemas change within weeks, and a model is about to be paid for.
const LIST_FRESH = 3_600_000;
const MODEL_FRESH = 600_000;
// What only adds to an error is not waited for longer, in ms.
const MOST_ASIDE = 5_000;
const PAGE = 500;
// More than this is not read, whatever total the service tells: RunComfy had some 400 models in September 2026, which
// are a page, and 1 MB as they are kept.
const MAX_PAGES = 20;
const MAX_BYTES = 16 << 20;

/** The catalogue of one API; opens and reads nothing until it is asked. */
export function createCatalogue(options: {
  api: RunComfy;
  origin: string;
  dataDir: string;
  clock: Clock;
  redact: (text: string) => string;
  log: Log;
}): Catalogue {
  const { api, clock, redact, log } = options;
  const store = createStore(options.dataDir, options.origin);
  const models = new Map<string, { entry: CatalogueEntry; at: number }>();
  let latest: Known<CatalogueEntry[]> | undefined;
  const isFresh = (at: number, ms: number) => at <= clock.now() && clock.now() - at < ms;

  async function fetchAll(signal?: AbortSignal): Promise<Known<CatalogueEntry[]>> {
    const at = clock.now();
    const found = new Map<string, CatalogueEntry>();
    let bytes = 0;
    for (let pages = 0, offset = 0, total = 1; pages < MAX_PAGES && offset < total; pages++) {
      const page = await api.models({ limit: PAGE, offset, ...(signal && { signal }) });
      const before = found.size;
      for (const entry of page.models) {
        const cleaned = cleanEntry(entry, redact);
        bytes += JSON.stringify(cleaned).length;
        if (bytes <= MAX_BYTES) found.set(entry.model_id, cleaned);
      }
      if (found.size === before) break;
      total = page.total;
      offset += page.seen;
    }
    latest = { what: [...found.values()], at };
    await store
      .write(at, latest.what)
      .catch((error) => log.warn(`the catalogue cannot be kept: ${error.message}`));
    return latest;
  }

  async function read(modelId: string, signal?: AbortSignal): Promise<Known<CatalogueEntry>> {
    const entry = cleanEntry(await api.model(modelId, signal), redact);
    const seen = { entry, at: clock.now() };
    models.set(modelId, seen);
    return { what: entry, at: seen.at };
  }

  async function all(signal?: AbortSignal): Promise<Known<CatalogueEntry[]>> {
    if (latest && isFresh(latest.at, LIST_FRESH)) return latest;
    const kept = latest ?? (await fromDisk(store.read()));
    if (kept && isFresh(kept.at, LIST_FRESH)) {
      latest = kept;
      return kept;
    }
    return fetchAll(signal).catch((error) => {
      if (!(error instanceof ToolError) || !kept) throw error;
      return { ...kept, problem: error };
    });
  }

  /** A refusal of the model itself, with ids like the one that was asked for. */
  async function unknown(modelId: string, error: ToolError, signal?: AbortSignal): Promise<ToolError> {
    const { what } = await all(signal).catch(() => ({ what: [] }));
    const { nearest } = await import('./search.ts');
    const like = (await nearest(modelId, what)).map(({ model_id }) => model_id);
    if (like.length === 0) return error;
    return new ToolError('unknown_model', `RunComfy has no model ${JSON.stringify(modelId)}.`, {
      next: `Nearest ids: ${like.join(', ')}. Use one of them, or search with find_image_models.`,
      cause: error,
    });
  }

  return {
    async search(query, wish, signal) {
      const known = await all(signal);
      const { search } = await import('./search.ts');
      // Words of it are told again, and a key would not be known by its parts.
      return { ...known, what: await search(known.what, redact(query), wish) };
    },
    async model(modelId, signal) {
      const seen = models.get(modelId);
      if (seen && isFresh(seen.at, MODEL_FRESH)) return { what: seen.entry, at: seen.at };
      try {
        return await read(modelId, signal);
      } catch (error) {
        if (!(error instanceof ToolError) || error.code === 'invalid_input') throw error;
        if (error.code === 'unknown_model') throw await unknown(modelId, error, signal);
        const kept = await store.read();
        const [entry] = kept?.pick((id) => id === modelId) ?? [];
        if (!kept || !entry) throw uncheckable(modelId, error);
        return { what: entry, at: kept.at, problem: error };
      }
    },
    now: (modelId) =>
      within(clock, MOST_ASIDE, lateness(MOST_ASIDE), (signal) => read(modelId, signal)).then(
        ({ what }) => what,
        () => undefined,
      ),
    async pick(wants, ms) {
      const kept = await store.read();
      if (kept) return kept.pick(wants);
      const { what } = await within(clock, ms, lateness(ms), fetchAll);
      return what.filter(({ model_id }) => wants(model_id));
    },
    async refresh() {
      const at = latest?.at ?? (await store.read())?.at;
      if (at === undefined || !isFresh(at, LIST_FRESH)) await fetchAll();
    },
  };
}

async function fromDisk(reading: Promise<Kept | undefined>): Promise<Known<CatalogueEntry[]> | undefined> {
  const kept = await reading;
  return kept && { what: kept.pick(), at: kept.at };
}

/** Nothing is paid for an input that nothing was checked against: the service takes some mistakes in silence. */
function uncheckable(modelId: string, error: ToolError): ToolError {
  return new ToolError(
    error.code,
    `The schema of ${modelId} cannot be read, so its input cannot be checked and was not submitted: ${error.message}`,
    { next: error.next, cause: error },
  );
}

const lateness = (ms: number): Error => new Error(`no answer within ${ms / 1000} s`);
