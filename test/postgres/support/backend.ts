import { onTestFinished } from 'vitest';
import type { Clock } from '../../../src/clock.ts';
import { createLog } from '../../../src/log.ts';
import { type Database, openDatabase } from '../../../src/stores/postgres/database.ts';
import { createPostgresStores } from '../../../src/stores/postgres/stores.ts';
import { ACCOUNT, type Backend, clock } from '../../stores/backends.ts';
import { underWay } from '../../support/idle.ts';
import { freshTables } from './database.ts';

/** A database over whose statements no clock jumps; closed with the test. */
export async function open(url: string, time: Clock = clock): Promise<Database> {
  const database = await openDatabase(url, { clock: time, random: Math.random });
  onTestFinished(() => database.close());
  return { ...database, run: (...given) => underWay(database.run(...given)) };
}

/** A process with a store in a database: at its address, or as it sees it. */
export async function startReplica(at: string | Database, { account = ACCOUNT, time = clock as Clock } = {}) {
  const database = typeof at === 'string' ? await open(at, time) : at;
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const calls = new Set<string>();
  const lines: string[] = [];
  const log = createLog(
    'warn',
    (text) => text,
    (line) => void lines.push(line),
  );
  const process = { database, openCalls: calls, clock: time, random: Math.random, ended: end.signal, log };
  const stores = createPostgresStores(process);
  return {
    ...{ database, calls, log: lines, open: stores.open, store: stores.open(account) },
    /** It is gone without a word. */
    die: () => end.abort(),
    /** It ends, and says so. */
    async kill() {
      end.abort();
      await stores.end();
    },
  };
}

/** Replicas that share a database, each with connections of its own; `reach` leads them there. */
export const inPostgres =
  (reach: (url: string) => Promise<string> = async (url) => url) =>
  (): Backend => {
    let url: Promise<string> | undefined;
    return {
      async start(account = ACCOUNT) {
        url ??= underWay(freshTables().then(reach));
        return startReplica(await url, { account });
      },
      async contents() {
        const database = await open((await url) as string);
        return JSON.stringify(await database.run((sql) => sql`SELECT * FROM runcomfy_images.jobs`));
      },
    };
  };
