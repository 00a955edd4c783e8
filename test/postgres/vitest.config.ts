import { defineConfig } from 'vitest/config';
import { layer } from '../../vitest.config.ts';
import { binaries } from './support/binaries.ts';

// Where there is no Postgres for this machine, nothing is run, and that is said; where it has to be there, that fails.
if (!binaries()) {
  const said = 'there is no Postgres for the tests: `npm run test:postgres` installs it on Linux and macOS';
  if (process.env.CI) throw new Error(said);
  process.stderr.write(`SKIPPED: ${said}\n`);
}

// Without a build: beside it runs what builds.
export default defineConfig(
  layer('postgres', {
    globalSetup: ['test/support/setup.ts', 'test/postgres/support/setup.ts'],
    setupFiles: ['test/postgres/support/steady-clock.ts'],
    isolate: true,
    passWithNoTests: true,
    ...(binaries() ? {} : { include: [] }),
  }),
);
