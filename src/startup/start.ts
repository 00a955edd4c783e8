#!/usr/bin/env node
import { join } from 'node:path';
import envPaths from 'env-paths';
import { NAME } from '../version.ts';
import { compile } from './code-cache.ts';

// Hash of the bundled program; the build defines it.
declare const APP_HASH: string;
// This file is bundled as CommonJS: node:module would take 1.5 ms to make another.
declare const require: NodeJS.Require;

// V8's compiled code is valid for the same file, V8 and processor only. It holds what ran in the start that saved it,
// and pinned models run more than others.
const { argv, env, versions, arch } = process;
const runs = env.RUNCOMFY_MODELS || argv.some((given) => given.startsWith('--models')) ? '-models' : '';
const cacheName = `${APP_HASH}-${versions.v8}-${arch}${runs}.bin`;
const file = join(import.meta.dirname, 'app.js');
const { run, save } = compile(file, join(envPaths(NAME, { suffix: '' }).cache, cacheName));
const app = { exports: {} as { main(saveCode?: () => void): Promise<void> } };
run(app.exports, require, app, file, import.meta.dirname);
void app.exports.main(save);
