import { defineConfig } from 'vitest/config';
import { spawning } from '../../vitest.config.ts';

// The server over HTTP as others run it: in real time, behind a real proxy, with clients of packages of their own.
export default defineConfig(spawning('deployed'));
