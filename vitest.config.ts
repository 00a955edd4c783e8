import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/helpers/build.ts',
    testTimeout: 30_000,
    pool: 'forks',
    // The suite's own settings must not come from the shell that runs it.
    env: {
      RUNCOMFY_API_KEY: '',
      RUNCOMFY_API_TOKEN: '',
      RUNCOMFY_TOKEN: '',
      RUNCOMFY_CONFIG_DIR: '/nonexistent',
    },
  },
});
