import { defineConfig } from 'vitest/config';
import { spawning } from '../../vitest.config.ts';

// What takes minutes, asked for by name.
export default defineConfig(
  spawning('chaos', { include: ['test/chaos/**/*.run.ts'], testTimeout: 3_600_000 }),
);
