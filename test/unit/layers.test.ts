import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');

/** From the top down: a file may import from its own layer and from those below it. */
const LAYERS = [
  ['startup/start.ts'],
  ['main.ts', 'startup'],
  ['cli', 'service'],
  ['program.ts', 'account-services.ts', 'runtime.ts', 'mcp/transports'],
  ['mcp'],
  ['view'],
  ['tools'],
  ['stores'],
  ['jobs', 'images', 'models'],
  ['runcomfy'],
  ['tenants'],
  ['account.ts', 'clock.ts', 'config', 'did-you-mean.ts', 'errors.ts', 'log.ts', 'thread-pool.ts'],
  ['json.ts', 'version.ts', 'whole-file.ts', 'zod-setup.ts'],
];
/** Stands beside the layers: an imitation of the service, which only what starts it may know. */
const SANDBOX = 'sandbox';

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const imports = files.flatMap((file) => {
  const text = readFileSync(join(SRC, file), 'utf8');
  const targets = [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, target = '']) => target);
  return targets.map((target) => ({
    file,
    target: target.startsWith('.') ? relative(SRC, resolve(SRC, dirname(file), target)) : target,
    own: target.startsWith('.'),
  }));
});
const top = (path: string) => path.split('/')[0] as string;
/** Folders above a path and the path itself, the longest first. */
const within = (path: string) =>
  path.split('/').map((_, index, parts) => parts.slice(0, parts.length - index).join('/'));
const layer = (path: string) => {
  const name = within(path).find((prefix) => LAYERS.some((names) => names.includes(prefix)));
  return LAYERS.findIndex((names) => names.includes(name ?? ''));
};

/** What is bundled as it is, from outside of src. */
const isText = (target: string) => target.startsWith('../skills/');

describe('the house', () => {
  it('has a place for every file', () => {
    for (const file of files) expect(layer(file) >= 0 || top(file) === SANDBOX, file).toBe(true);
  });

  it('is imported downwards only', () => {
    for (const { file, target, own } of imports) {
      if (!own || top(file) === SANDBOX || top(target) === SANDBOX || isText(target)) continue;
      expect(layer(target), `${file} imports ${target}`).toBeGreaterThanOrEqual(layer(file));
    }
  });

  it('lets only main and cli start the sandbox, which knows nothing but the config and the thread pool', () => {
    for (const { file, target, own } of imports) {
      if (!own) continue;
      if (top(target) === SANDBOX && top(file) !== SANDBOX) expect(['main.ts', 'cli']).toContain(top(file));
      if (top(file) === SANDBOX && top(target) !== SANDBOX)
        expect(['config/config.ts', 'thread-pool.ts'], file).toContain(target);
    }
  });

  it('loads the search when it is first asked for', () => {
    const loading = /^import (?!type\b)[^;]*'(?:minisearch|\.[^']*\/search\.ts)'/m;
    const loaders = files.filter((file) => loading.test(readFileSync(join(SRC, file), 'utf8')));
    expect(loaders).toEqual(['models/search.ts']);
  });

  it('loads what counts for Prometheus only where somebody asked for metrics', () => {
    const loaders = imports.filter(({ target }) => target === 'prom-client').map(({ file }) => file);
    expect(loaders).toEqual(['service/metrics/meters.ts']);
    expect(readFileSync(join(SRC, loaders[0] ?? ''), 'utf8')).toContain("await import('prom-client')");
  });

  it('writes SQL in one folder, and loads the driver only with it', () => {
    const writers = files.filter((file) => /\bsql(?:<[^`]*>)?`/.test(readFileSync(join(SRC, file), 'utf8')));
    expect(writers.length).toBeGreaterThan(0);
    for (const file of writers) expect(file).toMatch(/^stores\/postgres\//);
    const drivers = imports.filter(({ target }) => target === 'postgres').map(({ file }) => file);
    expect([...new Set(drivers)].sort()).toEqual([
      'stores/postgres/database.ts',
      'stores/postgres/driver.ts',
    ]);
    const loading = /^import (?!type\b)[^;]*'(?:postgres|\.[^']*\/driver\.ts)'/m;
    expect(files.filter((file) => loading.test(readFileSync(join(SRC, file), 'utf8')))).toEqual([]);
  });

  it('loads the texts of the prompts when they are first asked for', () => {
    const loading = /^import (?!type\b)[^;]*'\.[^']*\/skills\.ts'/m;
    expect(files.filter((file) => loading.test(readFileSync(join(SRC, file), 'utf8')))).toEqual([]);
    const readers = imports.filter(({ target }) => isText(target)).map(({ file }) => file);
    expect([...new Set(readers)]).toEqual(['mcp/prompts/skills.ts']);
  });

  it('keeps files and processes out of the jobs: stores know those', () => {
    const known = imports.filter(({ file }) => top(file) === 'jobs').map(({ target }) => target);
    for (const module of ['node:fs', 'node:fs/promises', 'node:os', 'node:path', 'node:process'])
      expect(known).not.toContain(module);
    const doors = imports.filter(({ file, target }) => top(target) === 'stores' && top(file) !== 'stores');
    for (const { file } of doors) expect(['program.ts', 'runtime.ts', 'service', 'cli']).toContain(top(file));
  });

  it('keeps the MCP server SDK at the edge', () => {
    for (const { file, target } of imports) {
      if (target.startsWith('@modelcontextprotocol/server'))
        expect(['mcp', 'program.ts']).toContain(top(file));
    }
  });
});
