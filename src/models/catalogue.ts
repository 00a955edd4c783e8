import { type Clock, within } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { CatalogueEntry } from '../runcomfy/catalogue-entry.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import { createStore, type Kept } from './catalogue-file.ts';
import { cleanEntry } from './clean-entry.ts';
import type { Found, Wish } from './search.ts';

/** Something of the catalogue, when it was read in ms since the epoch, and why it is old where it should be newer. */
export interface Cached<Value> {
  value: Value;
  fetchedAt: number;
  staleReason?: ToolError;
}

/** RunComfy's models of today, kept on disk: stale is better than nothing, and is told. */
export interface Catalogue {
  /** The entries that fit, best first, and how the query was read. Throws ToolError where none was ever read. */
  search(query: string, wish: Wish, signal?: AbortSignal): Promise<Cached<Found>>;
  /** One model as RunComfy publishes it now, or last did. Throws `unknown_model` with ids like it. */
  model(modelId: string, signal?: AbortSignal): Promise<Cached<CatalogueEntry>>;
  /** The model as it is at this moment; undefined where that cannot be had. */
  now(modelId: string): Promise<CatalogueEntry | undefined>;
  /** The entries of some ids, as they were kept; without any they are fetched within `ms`. */
  pick(wants: (modelId: string) => boolean, ms: number): Promise<CatalogueEntry[]>;
  /** Reads the catalogue again where the kept one is old. */
  refresh(): Promise<void>;
}

// In ms: schemas change within weeks, and a model is about to be paid for.
const LIST_FRESH = 3_600_000;
const MODEL_FRESH = 600_000;
// What only adds to an error is not waited for longer, in ms.
const MAX_ASIDE = 5_000;
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
  const models = new Map<string, { entry: CatalogueEntry; fetchedAt: number }>();
  let latest: Cached<CatalogueEntry[]> | undefined;
  const isFresh = (fetchedAt: number, ms: number) => fetchedAt <= clock.now() && clock.now() - fetchedAt < ms;

  async function fetchAll(signal?: AbortSignal): Promise<Cached<CatalogueEntry[]>> {
    const fetchedAt = clock.now();
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
    latest = { value: [...found.values()], fetchedAt };
    await store
      .write(fetchedAt, latest.value)
      .catch((error) => log.warn(`the catalogue cannot be kept: ${error.message}`));
    return latest;
  }

  async function read(modelId: string, signal?: AbortSignal): Promise<Cached<CatalogueEntry>> {
    const entry = cleanEntry(await api.model(modelId, signal), redact);
    const seen = { entry, fetchedAt: clock.now() };
    models.set(modelId, seen);
    return { value: entry, fetchedAt: seen.fetchedAt };
  }

  async function all(signal?: AbortSignal): Promise<Cached<CatalogueEntry[]>> {
    if (latest && isFresh(latest.fetchedAt, LIST_FRESH)) return latest;
    const kept = latest ?? (await fromDisk(store.read()));
    if (kept && isFresh(kept.fetchedAt, LIST_FRESH)) {
      latest = kept;
      return kept;
    }
    return fetchAll(signal).catch((error) => {
      if (!(error instanceof ToolError) || !kept) throw error;
      return { ...kept, staleReason: error };
    });
  }

  /** A refusal of the model itself, with ids like the one that was asked for. */
  async function unknown(modelId: string, error: ToolError, signal?: AbortSignal): Promise<ToolError> {
    const { value } = await all(signal).catch(() => ({ value: [] }));
    const { nearest } = await import('./search.ts');
    const like = (await nearest(modelId, value)).map(({ model_id }) => model_id);
    if (like.length === 0) return error;
    return new ToolError('unknown_model', `RunComfy has no model ${JSON.stringify(modelId)}.`, {
      next: `Nearest ids: ${like.join(', ')}. Use one of them, or search with find_image_models.`,
      cause: error,
    });
  }

  return {
    async search(query, wish, signal) {
      const cached = await all(signal);
      const { search } = await import('./search.ts');
      // Words of it are told again, and a key would not be known by its parts.
      return { ...cached, value: await search(cached.value, redact(query), wish) };
    },
    async model(modelId, signal) {
      const seen = models.get(modelId);
      if (seen && isFresh(seen.fetchedAt, MODEL_FRESH))
        return { value: seen.entry, fetchedAt: seen.fetchedAt };
      try {
        return await read(modelId, signal);
      } catch (error) {
        if (!(error instanceof ToolError) || error.code === 'invalid_input') throw error;
        if (error.code === 'unknown_model') throw await unknown(modelId, error, signal);
        const kept = await store.read();
        const [entry] = kept?.pick((id) => id === modelId) ?? [];
        if (!kept || !entry) throw uncheckable(modelId, error);
        return { value: entry, fetchedAt: kept.fetchedAt, staleReason: error };
      }
    },
    now: (modelId) =>
      within(clock, MAX_ASIDE, lateness(MAX_ASIDE), (signal) => read(modelId, signal)).then(
        ({ value }) => value,
        () => undefined,
      ),
    async pick(wants, ms) {
      const kept = await store.read();
      if (kept) return kept.pick(wants);
      const { value } = await within(clock, ms, lateness(ms), fetchAll);
      return value.filter(({ model_id }) => wants(model_id));
    },
    async refresh() {
      const fetchedAt = latest?.fetchedAt ?? (await store.read())?.fetchedAt;
      if (fetchedAt === undefined || !isFresh(fetchedAt, LIST_FRESH)) await fetchAll();
    },
  };
}

async function fromDisk(reading: Promise<Kept | undefined>): Promise<Cached<CatalogueEntry[]> | undefined> {
  const kept = await reading;
  return kept && { value: kept.pick(), fetchedAt: kept.fetchedAt };
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
