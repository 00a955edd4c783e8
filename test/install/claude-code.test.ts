import { expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { factsOf } from '../../scripts/metadata.mjs';
import { SERVER } from '../../src/cli/hosts/host.ts';
import { freshHost } from './support/host.ts';
import { expectPicture, startArtist } from './support/picture.ts';
import { treeDir } from './support/published.ts';

const { name, slug } = factsOf(packageJson);
const CLAUDE = '@anthropic-ai/claude-code/cli-wrapper.cjs';

it('Claude Code installs the plugin from the repository, connects, and makes a picture', async (context) => {
  const claude = await freshHost(CLAUDE, context);
  await claude.run('plugin', 'marketplace', 'add', slug);
  await claude.run('plugin', 'install', `${name}@${name}`);
  expect(await claude.run('mcp', 'list')).toMatch(/plugin:\S+: node \S+dist\/main\.js - ✔ Connected/);
  expect(await claude.run('plugin', 'details', name)).toMatch(/Skills \(2\)[\s\S]*MCP servers \(1\)/);

  // The model would have to search for the tools first.
  const provider = await startArtist();
  await claude
    .with({ ANTHROPIC_BASE_URL: provider.origin, ANTHROPIC_API_KEY: 'x', ENABLE_TOOL_SEARCH: 'false' })
    .run('-p', 'Make a picture of a fox.', '--allowedTools', `mcp__plugin_${name}_${SERVER}`);
  expectPicture(provider, { images: true });
});

it('Claude Code finds the manifests valid, of the plugin and of the marketplace', async (context) => {
  const claude = await freshHost(CLAUDE, context);
  expect(await claude.run('plugin', 'validate', treeDir(), '--strict')).toContain('Validation passed');
});
