import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { hasPgBouncer, startPgBouncer } from '../../postgres/support/pgbouncer.ts';
import { startPostgres } from '../../postgres/support/server.ts';

const STORES = ['postgres', 'pgbouncer', 'file'] as const;

/** Where the replicas keep their jobs. */
export interface ChaosStore {
  name: string;
  /** The arguments that name it. */
  args: readonly string[];
  /** Ends it without notice, and starts it again after so many ms. */
  interrupt(ms: number): Promise<void>;
}

/** Starts the store that `CHAOS_STORE` names: a Postgres of its own, one behind PgBouncer, or files for one replica. */
export async function startStore(dataDir: string): Promise<ChaosStore> {
  const name = process.env.CHAOS_STORE ?? 'postgres';
  if (!(STORES as readonly string[]).includes(name)) throw new Error(`CHAOS_STORE: ${STORES.join(', ')}`);
  if (name === 'file')
    return {
      name,
      args: ['--data-dir', dataDir],
      interrupt: () => Promise.reject(new Error('files do not stop')),
    };
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  let url = postgres.url();
  if (name === 'pgbouncer') {
    if (!hasPgBouncer()) throw new Error('there is no PgBouncer');
    const bouncer = await startPgBouncer(url);
    onTestFinished(() => bouncer.stop());
    url = bouncer.url;
  }
  return {
    name,
    args: ['--store', url],
    async interrupt(ms) {
      await postgres.crash();
      await delay(ms);
      await postgres.start();
    },
  };
}
