import { defineConfig } from 'vitest/config';
import type { InlineConfig } from 'vitest/node';
import { outlinesInTests } from './scripts/outlines.mjs';
import { pagesInTests } from './scripts/page.mjs';

// In ms.
const GUARD = 600_000;
// Most tests wait for timers and child processes, so more of them run at once than there are cores.
const WORKERS = 6;
const SCRATCH = 'test/support/setup.ts';
const BUILD = 'test/support/build.ts';

// What replaces a module of Node's needs a process of its own; and files that wait for other processes are better
// spread over the workers one by one.
const ISOLATED = { isolate: true };

/** A layer of tests: the folder that is named for it, and what it needs before it runs. */
export const layer = (name: string, options: InlineConfig = {}) => ({
  plugins: [pagesInTests, outlinesInTests],
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    globalSetup: SCRATCH,
    pool: 'forks' as const,
    // Files share a process, one after the other: loading all modules anew for each took a quarter of the time.
    isolate: false,
    maxWorkers: WORKERS,
    snapshotSerializers: ['test/support/serializer.ts'],
    // Guards, not assertions: a busy machine may take its time.
    testTimeout: GUARD,
    hookTimeout: GUARD,
    expect: { poll: { timeout: GUARD / 5, interval: 10 } },
    // The suite's own settings must not come from the shell that runs it.
    env: {
      RUNCOMFY_API_KEY: '',
      RUNCOMFY_API_TOKEN: '',
      RUNCOMFY_TOKEN: '',
      RUNCOMFY_CONFIG_DIR: '/nonexistent',
    },
    ...options,
  },
});

/** A layer whose tests spawn the server, and so need the bundle. */
export const spawning = (name: string, options: InlineConfig = {}) =>
  layer(name, { ...ISOLATED, globalSetup: [SCRATCH, BUILD], ...options });

export default defineConfig({
  test: {
    maxWorkers: WORKERS,
    projects: [
      layer('unit'),
      layer('stores', ISOLATED),
      layer('protocol'),
      layer('service'),
      spawning('process'),
      layer('browser'),
    ],
  },
});
