import { readdir } from 'node:fs/promises';
import { parseName, type RecordName, recordId } from './record.ts';

export type Named = RecordName & { name: string };

/** What lies in the ledger's directory: the current name of every job, newest first, those they replaced, and unfinished files. */
export interface Listing {
  current: Named[];
  replaced: string[];
  temporary: string[];
}

/**
 * Lists a directory of records, in whole or only names that hold a text: a job's id, fingerprint or request id, never
 * less than one of them, so that all names of a job are seen together. Throws what the file system throws.
 */
export function createLister(dir: string): (part?: string) => Promise<Listing> {
  const read = shared(() => readdir(dir));
  return async (part = '') => {
    const names = (await read()).filter((name) => name.includes(part)).sort();
    const current = new Map<string, Named>();
    const replaced: string[] = [];
    for (const name of names) {
      const parsed = parseName(name);
      if (!parsed) continue;
      const id = recordId(name);
      const rival = current.get(id);
      // A crash, or a process that wakes up late, leaves a job under two names.
      const wins = !rival || rank(parsed) > rank(rival);
      if (rival) replaced.push(wins ? rival.name : name);
      if (wins) current.set(id, { ...parsed, name });
    }
    return {
      current: [...current.values()].reverse(),
      replaced,
      temporary: names.filter((name) => name.endsWith('.tmp')),
    };
  };
}

// A request id outweighs any generation: a submit may be accepted while another process doubts it already.
const rank = ({ generation, requestId }: RecordName): number =>
  requestId === undefined ? generation - Number.MAX_SAFE_INTEGER : generation;

/**
 * Calls that come while a reading is under way share the next one, which begins after all of them: a thousand jobs
 * that change at once cost a few readings. Each still sees what lay there when it asked.
 */
function shared<Result>(read: () => Promise<Result>): () => Promise<Result> {
  let underWay: Promise<unknown> | undefined;
  let next: Promise<Result> | undefined;
  const start = () => {
    next = undefined;
    const reading = read();
    const over = () => {
      underWay = undefined;
    };
    underWay = reading.then(over, over);
    return reading;
  };
  return () => {
    if (!underWay) return start();
    next ??= underWay.then(start);
    return next;
  };
}
