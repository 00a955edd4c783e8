import { configDefaults, defineConfig } from 'vitest/config';
import { pagesInTests } from './scripts/page.mjs';

export default defineConfig({
  plugins: [pagesInTests],
  test: {
    // What takes minutes is asked for by name: npm run test:chaos, npm run test:soak.
    include: [process.env.LONG_RUN ? 'test/**/*.run.ts' : 'test/**/*.test.ts'],
    // Real agent loops, with packages of their own: npm run test:hosts.
    exclude: [...configDefaults.exclude, 'test/hosts'],
    globalSetup: 'test/support/setup.ts',
    testTimeout: 60_000,
    // A condition that is waited for may take its time on a busy machine.
    expect: { poll: { timeout: 20_000, interval: 10 } },
    pool: 'forks',
    // Most tests wait for timers and child processes, so more of them run at once than there are cores.
    maxWorkers: 4,
    // The suite's own settings must not come from the shell that runs it.
    env: {
      RUNCOMFY_API_KEY: '',
      RUNCOMFY_API_TOKEN: '',
      RUNCOMFY_TOKEN: '',
      RUNCOMFY_CONFIG_DIR: '/nonexistent',
    },
  },
});
