import { readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../json.ts';
import { type CatalogueEntry, readEntry } from '../runcomfy/catalogue-entry.ts';
import { writeWhole } from '../whole-file.ts';

/** The catalogue as it was kept, and when it was read from the service, in ms since the epoch. */
export interface Kept {
  fetchedAt: number;
  /** The entries whose ids are wanted; all without a choice. */
  pick(wants?: (modelId: string) => boolean): CatalogueEntry[];
}

const FILE = 'catalogue.jsonl';
// 2: entries are cleaned and bounded.
const VERSION = 2;
const ID_FIRST = /^\{"model_id":("(?:[^"\\]|\\.)*")/;

/**
 * The catalogue as a file under the data directory: a line that tells what it is, then a line an entry, which begins
 * with the id, so that a start picks a few out of hundreds without parsing the others.
 */
export function createStore(dataDir: string, api: string) {
  const path = join(dataDir, FILE);

  return {
    /** Undefined where there is none, it cannot be read, or it is another API's. */
    async read(): Promise<Kept | undefined> {
      const text = readText(path);
      const [head = '', ...lines] = text?.split('\n') ?? [];
      const about = parseJson(head) as { version?: unknown; api?: unknown; at?: unknown } | undefined;
      if (about?.version !== VERSION || about.api !== api || typeof about.at !== 'number') return undefined;
      return {
        fetchedAt: about.at,
        pick: (wants) =>
          lines.flatMap((line) => {
            const id = ID_FIRST.exec(line)?.[1];
            if (id === undefined || (wants && !wants(String(parseJson(id))))) return [];
            return readEntry(parseJson(line)) ?? [];
          }),
      };
    },

    /** Replaces the file as a whole. Throws what the file system throws. */
    async write(at: number, entries: readonly CatalogueEntry[]): Promise<void> {
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      const lines = [{ version: VERSION, api, at }, ...entries].map((line) => JSON.stringify(line));
      await writeWhole(path, `${lines.join('\n')}\n`, rename);
    },
  };
}

/** Read at once: a start waits for it anyway, and node:fs/promises would have to be loaded for it. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
