import { readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { objectOf, parseJson } from '../json.ts';
import { readEntry } from '../runcomfy/catalogue-entry.ts';
import { writeWhole } from '../whole-file.ts';
import type { CleanEntry } from './clean-entry.ts';

const FILE = 'catalogue.jsonl';
// 3: inputs are standard JSON Schema.
const VERSION = 3;
const ID_FIRST = /^\{"model_id":("(?:[^"\\]|\\.)*")/;

/**
 * The catalogue as a file in the data directory: a header line, then one line per entry that begins with its id, so that
 * a start picks a few out of hundreds without parsing the others.
 */
export function createCatalogueFile(dataDir: string, api: string) {
  const path = join(dataDir, FILE);

  return {
    /** The catalogue as it was saved; undefined if there is none, it cannot be read, or it is another API's. */
    async read() {
      const text = readText(path);
      const [head = '', ...lines] = text?.split('\n') ?? [];
      const header = objectOf(parseJson(head));
      if (header.version !== VERSION || header.api !== api || typeof header.at !== 'number') return undefined;
      return {
        /** When it was read from the service, in ms since the epoch. */
        fetchedAt: header.at,
        /** The entries whose ids are wanted, or all. */
        pick: (wants?: (modelId: string) => boolean): CleanEntry[] =>
          lines.flatMap((line) => {
            const id = ID_FIRST.exec(line)?.[1];
            if (id === undefined || (wants && !wants(String(parseJson(id))))) return [];
            return readEntry(parseJson(line)) ?? [];
          }),
      };
    },

    /** Replaces the file as a whole. Throws what the file system throws. */
    async write(at: number, entries: readonly CleanEntry[]): Promise<void> {
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      const lines = [{ version: VERSION, api, at }, ...entries].map((line) => JSON.stringify(line));
      await writeWhole(path, `${lines.join('\n')}\n`, rename);
    },
  };
}

/** Synchronous, as a start waits for it anyway and would have to load node:fs/promises. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
