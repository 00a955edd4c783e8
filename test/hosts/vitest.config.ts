import { defineConfig } from 'vitest/config';
import { spawning } from '../../vitest.config.ts';

// Real agent loops, with packages of their own.
export default defineConfig(spawning('hosts'));
