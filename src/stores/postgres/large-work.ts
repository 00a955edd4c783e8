import { type Clock, startDeadline } from '../../clock.ts';
import type { Database, Sql } from './database.ts';

// In ms.
const PATIENCE = 5_000;

/**
 * Makes what does large work in the database, at most `count` at a time, so that the others find connections free. A
 * place is held until its statement has ended, also where nobody waits for that any more. Throws `store_unavailable`, or
 * ETIMEDOUT where none is free within 5 s.
 */
export function createLargeWork(database: Database, count: number, clock: Clock) {
  let free = count;
  const waiting = new Set<() => void>();

  async function take(): Promise<void> {
    if (free > 0) {
      free -= 1;
      return;
    }
    const reason = Object.assign(new Error('the database is busy with other pictures'), {
      code: 'ETIMEDOUT',
    });
    const deadline = startDeadline(clock, PATIENCE, { reason });
    await new Promise<void>((resolve, reject) => {
      waiting.add(resolve);
      deadline.signal.addEventListener('abort', () => {
        waiting.delete(resolve);
        reject(reason);
      });
    }).finally(deadline.clear);
  }

  function giveBack(): void {
    const [next] = waiting;
    if (!next) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  }

  return async <Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> => {
    await take();
    let statement: Promise<unknown> = Promise.resolve();
    const begin = (sql: Sql) => {
      const begun = work(sql);
      statement = begun;
      return begun;
    };
    return database.run(begin, 0).finally(() => void statement.then(giveBack, giveBack));
  };
}
