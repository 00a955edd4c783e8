import { defineConfig } from 'vitest/config';
import { layer } from '../../vitest.config.ts';

// The command lines of real hosts, which install our plugin into an empty home.
export default defineConfig(
  layer('install', {
    globalSetup: ['test/support/setup.ts', 'test/install/support/published.ts'],
    // Each of them takes a core and half a GB.
    maxWorkers: 1,
    reporters: ['verbose'],
  }),
);
