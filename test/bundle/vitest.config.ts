import { defineConfig } from 'vitest/config';
import { layer } from '../../vitest.config.ts';

// The bundle for Claude Desktop, driven with what the real host makes of its manifest; both need the npm registry.
export default defineConfig(layer('bundle'));
