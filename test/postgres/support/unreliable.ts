import type { Database } from '../../../src/stores/postgres/database.ts';
import { unusable } from '../../../src/stores/postgres/errors.ts';

type Work = Parameters<Database['run']>[0];

/** A database as a process sees it that may lose it. */
export function unreliable(database: Database) {
  let state: 'there' | 'away' | 'late' = 'there';
  const late: Work[] = [];
  const away = async () => {
    throw unusable({ code: 'ETIMEDOUT' });
  };
  const seen: Database = {
    ...database,
    run(work, ...limits) {
      if (state === 'there') return database.run(work, ...limits);
      if (state === 'late') late.push(work as Work);
      return away();
    },
  };
  return {
    database: seen,
    /** From now on it is away; or what is asked of it is given up, and done only when it is `back`. */
    lose(how: 'away' | 'late') {
      state = how;
    },
    async back() {
      state = 'there';
      for (const work of late.splice(0)) await database.run(work);
    },
  };
}
