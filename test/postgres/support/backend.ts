import { onTestFinished } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { type Database, openDatabase } from '../../../src/stores/postgres/database.ts';
import { migrate } from '../../../src/stores/postgres/migrate.ts';
import { createPostgresStores } from '../../../src/stores/postgres/stores.ts';
import { ACCOUNT, type Backend, clock } from '../../stores/backends.ts';
import { underWay } from '../../support/idle.ts';
import { freshDatabase } from './database.ts';

/** A database over whose statements no clock jumps; closed with the test. */
export async function open(url: string): Promise<Database> {
  const database = await openDatabase(url, { clock, random: Math.random });
  onTestFinished(() => database.close());
  return { ...database, run: (...given) => underWay(database.run(...given)) };
}

/** Replicas that share a database, each with connections of its own. */
export function inPostgres(): Backend {
  let url: Promise<string> | undefined;
  async function create(): Promise<string> {
    const fresh = await freshDatabase();
    await migrate(await open(fresh));
    return fresh;
  }
  return {
    async start(account = ACCOUNT) {
      url ??= underWay(create());
      const database = await open(await url);
      const end = new AbortController();
      onTestFinished(() => end.abort());
      const calls = new Set<string>();
      const log = createLog(
        'warn',
        (text) => text,
        () => {},
      );
      const process = { database, openCalls: calls, clock, random: Math.random, ended: end.signal, log };
      const stores = createPostgresStores(process);
      return {
        store: stores.open(account),
        calls,
        async kill() {
          end.abort();
          await stores.end();
        },
      };
    },
  };
}
