import { type Clock, within } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import { createCatalogueFile } from './catalogue-file.ts';
import { type CleanEntry, cleanEntry } from './clean-entry.ts';
import type { SearchOptions, SearchResult } from './search.ts';

/** A part of the catalogue, when it was fetched in ms since the epoch, and why it is older than it should be. */
export interface Cached<Value> {
  value: Value;
  fetchedAt: number;
  staleReason?: ToolError;
}

/** RunComfy's models of today, kept on disk: a stale catalogue is better than none, and says so. */
export type Catalogue = ReturnType<typeof createCatalogue>;

// In ms: schemas change within weeks, and a model is about to be paid for.
const LIST_FRESH = 3_600_000;
const MODEL_FRESH = 600_000;
// What only adds to an error is waited for no longer than this, in ms.
const MAX_NOW = 5_000;
const PAGE = 500;
// Whatever total the service tells, no more is read: RunComfy had some 400 models in September 2026, which are one page,
// and 1 MB on disk.
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
}) {
  const { api, clock, redact, log } = options;
  const file = createCatalogueFile(options.dataDir, options.origin);
  const models = new Map<string, Cached<CleanEntry>>();
  let list: Cached<CleanEntry[]> | undefined;
  const isFresh = (cached: { fetchedAt: number } | undefined, ms: number) =>
    cached !== undefined && cached.fetchedAt <= clock.now() && clock.now() - cached.fetchedAt < ms;
  const inTime = <Value>(ms: number, work: (signal: AbortSignal) => Promise<Value>) =>
    within(clock, ms, new Error(`no answer within ${ms / 1000} s`), work);

  async function fetchAll(signal?: AbortSignal): Promise<Cached<CleanEntry[]>> {
    const fetchedAt = clock.now();
    const entries = new Map<string, CleanEntry>();
    let bytes = 0;
    for (let pages = 0, offset = 0, total = 1; pages < MAX_PAGES && offset < total; pages++) {
      const page = await api.models({ limit: PAGE, offset, signal });
      const before = entries.size;
      for (const entry of page.models) {
        const cleaned = cleanEntry(entry, redact);
        bytes += JSON.stringify(cleaned).length;
        if (bytes <= MAX_BYTES) entries.set(entry.model_id, cleaned);
      }
      if (entries.size === before) break;
      total = page.total;
      offset += page.seen;
    }
    list = { value: [...entries.values()], fetchedAt };
    await file
      .write(fetchedAt, list.value)
      .catch((error) => log.warn(`the catalogue cannot be saved: ${error.message}`));
    return list;
  }

  async function fetchModel(modelId: string, signal?: AbortSignal): Promise<Cached<CleanEntry>> {
    const value = cleanEntry(await api.model(modelId, signal), redact);
    const cached = { value, fetchedAt: clock.now() };
    models.set(modelId, cached);
    return cached;
  }

  /** The list as it was last read, at any age. */
  async function known(): Promise<typeof list> {
    if (!list) {
      const saved = await file.read();
      list = saved && { value: saved.pick(), fetchedAt: saved.fetchedAt };
    }
    return list;
  }

  async function all(signal?: AbortSignal): Promise<Cached<CleanEntry[]>> {
    const stale = await known();
    if (stale && isFresh(stale, LIST_FRESH)) return stale;
    return fetchAll(signal).catch((error) => {
      if (!(error instanceof ToolError) || !stale) throw error;
      return { ...stale, staleReason: error };
    });
  }

  /** The error of an unknown model, with similar ids. */
  async function unknownModel(modelId: string, error: ToolError, signal?: AbortSignal): Promise<ToolError> {
    const { value } = await all(signal).catch(() => ({ value: [] }));
    const { nearestIds } = await import('./search.ts');
    const ids = await nearestIds(modelId, value);
    if (ids.length === 0) return error;
    return new ToolError('unknown_model', `RunComfy has no model ${JSON.stringify(modelId)}.`, {
      next: `Nearest ids: ${ids.join(', ')}. Use one of them, or search with find_image_models.`,
      cause: error,
    });
  }

  return {
    /** The entries that match, best first, and how the query was read. Throws ToolError if none was ever fetched. */
    async search(
      query: string,
      searchOptions: SearchOptions,
      signal?: AbortSignal,
    ): Promise<Cached<SearchResult>> {
      const cached = await all(signal);
      const { search } = await import('./search.ts');
      // The answer repeats its words, and parts of a key would not be recognised.
      return { ...cached, value: await search(cached.value, redact(query), searchOptions) };
    },
    /** One model as RunComfy publishes it now, or last did. Throws `unknown_model` with similar ids. */
    async model(modelId: string, signal?: AbortSignal): Promise<Cached<CleanEntry>> {
      const cached = models.get(modelId);
      if (cached && isFresh(cached, MODEL_FRESH)) return cached;
      try {
        return await fetchModel(modelId, signal);
      } catch (error) {
        if (!(error instanceof ToolError) || error.code === 'invalid_input') throw error;
        if (error.code === 'unknown_model') throw await unknownModel(modelId, error, signal);
        const saved = await file.read();
        const [entry] = saved?.pick((id) => id === modelId) ?? [];
        if (!saved || !entry) throw uncheckable(modelId, error);
        return { value: entry, fetchedAt: saved.fetchedAt, staleReason: error };
      }
    },
    /** The model as it is at this moment; undefined if it cannot be fetched. */
    now: (modelId: string): Promise<CleanEntry | undefined> =>
      inTime(MAX_NOW, (signal) => fetchModel(modelId, signal)).then(
        ({ value }) => value,
        () => undefined,
      ),
    /** The entries of some ids, at any age; if none were saved, they are fetched within `ms`. */
    async pick(wants: (modelId: string) => boolean, ms: number): Promise<CleanEntry[]> {
      const saved = await file.read();
      if (saved) return saved.pick(wants);
      const { value } = await inTime(ms, fetchAll);
      return value.filter(({ model_id }) => wants(model_id));
    },
    /** The ids of all models, as far as they are known without asking RunComfy. */
    knownIds: async (): Promise<string[]> => (await known())?.value.map(({ model_id }) => model_id) ?? [],
    /** A model's name for people, as far as it is known without asking RunComfy. */
    nameOf: async (modelId: string): Promise<string | undefined> =>
      (models.get(modelId)?.value ?? (await known())?.value.find(({ model_id }) => model_id === modelId))
        ?.display_name,
    /** Fetches the catalogue again if it is stale. */
    async refresh(): Promise<void> {
      if (!isFresh(list ?? (await file.read()), LIST_FRESH)) await fetchAll();
    },
  };
}

/** Nothing is paid for an input that cannot be checked: the service silently accepts some mistakes. */
function uncheckable(modelId: string, error: ToolError): ToolError {
  return new ToolError(
    error.code,
    `The schema of ${modelId} cannot be read, so its input cannot be checked and was not submitted: ${error.message}`,
    { next: error.next, cause: error },
  );
}
