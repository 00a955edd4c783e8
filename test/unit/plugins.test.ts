import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { SERVER } from '../../src/cli/hosts/host.ts';
import { KEY_VARIABLES } from '../../src/config/config.ts';
import { SERVICE_SETTINGS } from '../../src/config/service-settings.ts';
import { COMMAND_WORDS, SETTINGS } from '../../src/config/settings.ts';
import { ROOT } from './docs/documents.ts';

const readText = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const readJson = (path: string) => JSON.parse(readText(path));
// Codex starts a server over standard input and output.
const variables = [...SETTINGS].flatMap(([flag, { variable = [] }]) =>
  flag in SERVICE_SETTINGS ? [] : variable,
);
const VARIABLES = [...KEY_VARIABLES, ...variables];

/** How each plugin manifest starts the server; its folder is named as its host expands it. */
const STARTS = {
  'mcp.json': '${PLUGIN_ROOT}/dist/main.js',
  '.claude-plugin/plugin.json': '${CLAUDE_PLUGIN_ROOT}/dist/main.js',
  '.codex-plugin/mcp.json': 'dist/main.js',
  'gemini-extension.json': '${extensionPath}${/}dist${/}main.js',
};

describe('the plugin manifests', () => {
  it.each(Object.entries(STARTS))(
    '%s starts the built server, with no variables of its own',
    (file, main) => {
      const { mcpServers } = readJson(file);
      expect(Object.keys(mcpServers)).toEqual([SERVER]);
      expect(mcpServers[SERVER]).toMatchObject({ command: 'node', args: [main] });
      // Hosts hand a reference that they do not expand on as it is.
      expect(mcpServers[SERVER]).not.toHaveProperty('env');
    },
  );

  it('are in the form of Agent Plugins at the root, which allows nothing else', () => {
    const { $schema, mcpServers, ...rest } = readJson('mcp.json');
    expect($schema).toBe('https://agent-plugins.org/schemas/1.0.0/mcp.schema.json');
    expect(rest).toEqual({});
    expect(Object.keys(mcpServers[SERVER])).toEqual(['type', 'command', 'args']);
    const manifest = readJson('plugin.json');
    expect(manifest.$schema).toBe('https://agent-plugins.org/schemas/1.0.0/plugin.schema.json');
    const allowed = '$schema name version description author homepage repository license keywords extensions';
    expect(Object.keys(manifest).filter((key) => !allowed.split(' ').includes(key))).toEqual([]);
  });

  it('let Codex hand on every variable that is read', () => {
    expect(readJson('.codex-plugin/mcp.json').mcpServers[SERVER].env_vars).toEqual(VARIABLES);
  });

  it('have the keywords of the package', () => {
    for (const file of ['plugin.json', '.claude-plugin/plugin.json', '.codex-plugin/plugin.json'])
      expect(readJson(file).keywords, file).toEqual(packageJson.keywords);
  });

  it('let Gemini CLI ask for the key and wait as long as its calls do', () => {
    const { settings, mcpServers, contextFileName } = readJson('gemini-extension.json');
    expect(settings).toMatchObject([{ envVar: KEY_VARIABLES[0], sensitive: true }]);
    expect(mcpServers[SERVER].timeout).toBe(600_000);
    // It is in every request of its users.
    expect(readText(contextFileName).split(/\s+/).length).toBeLessThanOrEqual(150);
  });

  it('send hosts from the marketplace to the branch of built plugins', () => {
    // Codex 0.169.0 finds no plugin whose source is of the kind "github".
    expect(readJson('.claude-plugin/marketplace.json').plugins).toMatchObject([
      { source: { source: 'url', ref: 'plugin' } },
    ]);
  });
});

describe('server.json', () => {
  const { name, description, packages, $schema } = readJson('server.json');

  it('is what the registry takes', () => {
    expect($schema).toBe('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json');
    expect(name).toBe(packageJson.mcpName);
    expect(description.length).toBeLessThanOrEqual(100);
  });

  it('names the package, and variables that it reads', () => {
    expect(packages).toMatchObject([
      { registryType: 'npm', runtimeHint: 'npx', transport: { type: 'stdio' } },
    ]);
    const [{ identifier, environmentVariables }] = packages;
    // npx starts the command that is named like its package.
    expect(Object.keys(packageJson.bin)).toEqual([identifier]);
    for (const { name, isSecret = false, isRequired = false } of environmentVariables) {
      expect(VARIABLES).toContain(name);
      expect(isSecret, name).toBe(KEY_VARIABLES.includes(name));
      // The sandbox needs none of them.
      expect(isRequired, name).toBe(false);
    }
  });
});

describe('the Dockerfile', () => {
  const lines = readText('Dockerfile').replaceAll('\\\n', ' ').split('\n');
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));

  it('copies what the build makes, and lets the build see what it reads', () => {
    const ignored = readText('.dockerignore').split('\n');
    expect(ignored).toContain('*');
    for (const line of ignored.filter((each) => each.startsWith('!')))
      expect(existsSync(join(ROOT, line.slice(1))), line).toBe(true);
    for (const line of lines.filter((each) => /^COPY (?!--from|\.)/.test(each)))
      for (const path of line.split(/\s+/).slice(1, -1)) expect(ignored, line).toContain(`!${path}`);
  });

  it('runs as no root user, with its data in a volume', () => {
    expect(last).toContain('USER node');
    expect(last).toContain(`ENV ${SETTINGS.get('data-dir')?.variable}=/data`);
    expect(last).toContain('VOLUME /data');
    expect(last.findIndex((line) => line.startsWith('RUN '))).toBeLessThan(last.indexOf('USER node'));
    expect(last).toContain('ENTRYPOINT ["node", "dist/main.js"]');
    expect(lines.join('\n')).not.toMatch(/^(ENV|ARG) .*(KEY|TOKEN)/m);
  });

  it('asks for its health by a command that there is, and ends by the signal that drains', () => {
    const [check = ''] = last.filter((line) => line.startsWith('HEALTHCHECK '));
    const [, command = '[]'] = / CMD (\[.*\])$/.exec(check) ?? [];
    const [node, program, ...words] = JSON.parse(command);
    expect([node, program]).toEqual(['node', 'dist/main.js']);
    expect(COMMAND_WORDS).toContain(words.join(' '));
    expect(last).toContain('STOPSIGNAL SIGTERM');
  });

  it('writes nothing outside of the volume', () => {
    const folders = last.flatMap((line) => /^ENV \w+=(\/.*)$/.exec(line)?.[1] ?? []);
    expect(folders).toEqual(['/data', '/data/cache']);
  });

  it('takes a version of Node with a name, and one for both stages', () => {
    const bases = lines.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []);
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^node:\d+/);
  });
});
