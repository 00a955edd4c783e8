import { defineConfig } from 'vitest/config';
import { spawning } from '../../vitest.config.ts';

// What needs the npm registry, asked for by name.
export default defineConfig(spawning('package'));
