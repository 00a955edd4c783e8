import jobs from './001-jobs.sql?raw';
import reads from './002-reads.sql?raw';
import pictures from './003-pictures.sql?raw';
import stops from './004-stops.sql?raw';
import deletion from './005-deletion.sql?raw';

export interface Migration {
  readonly number: number;
  readonly sql: string;
  /**
   * The number of the newest migration that a program has to know to work on what this one makes: its own number where
   * something is taken away or means something else, else an earlier one, so that two versions run side by side.
   */
  readonly needs: number;
}

/** All of them in their order. One that was released never changes. */
export const MIGRATIONS: readonly Migration[] = [
  { number: 1, sql: jobs, needs: 1 },
  { number: 2, sql: reads, needs: 1 },
  { number: 3, sql: pictures, needs: 1 },
  { number: 4, sql: stops, needs: 1 },
  { number: 5, sql: deletion, needs: 1 },
];
