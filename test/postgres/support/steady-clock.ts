import { vi } from 'vitest';
import type { Database } from '../../../src/stores/postgres/database.ts';
import { underWay } from '../../support/idle.ts';

// No clock jumps over a statement that a database executes.
vi.mock('../../../src/stores/postgres/database.ts', async (original) => {
  const real = await original<typeof import('../../../src/stores/postgres/database.ts')>();
  const openDatabase: typeof real.openDatabase = async (...given) => {
    const database: Database = await real.openDatabase(...given);
    return {
      ...database,
      run: (work, ...limits) => database.run((sql) => underWay(work(sql)), ...limits),
    };
  };
  return { ...real, openDatabase };
});
