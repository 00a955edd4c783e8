import { defineConfig } from 'vitest/config';
import { layer } from '../../vitest.config.ts';

// Pictures of all states of the pages, to look at.
export default defineConfig(layer('screens', { include: ['test/screens/**/*.run.ts'] }));
