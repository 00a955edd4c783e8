import { expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { factsOf } from '../../scripts/metadata.mjs';
import { SERVER } from '../../src/cli/hosts/host.ts';
import { freshHost } from './support/host.ts';
import { expectPicture, startArtist } from './support/picture.ts';

const { name, slug } = factsOf(packageJson);

it('Codex installs the plugin from the repository, enables it, and makes a picture', async (context) => {
  const codex = await freshHost('@openai/codex/bin/codex.js', context);
  await codex.run('plugin', 'marketplace', 'add', slug);
  await codex.run('plugin', 'add', `${name}@${name}`);
  expect(await codex.run('mcp', 'list')).toMatch(new RegExp(`^${SERVER} .* enabled `, 'm'));

  const provider = await startArtist();
  const settings = {
    model: 'mock',
    model_provider: 'mock',
    'model_providers.mock.name': 'mock',
    'model_providers.mock.base_url': `${provider.origin}/v1`,
    'model_providers.mock.wire_api': 'responses',
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${JSON.stringify(value)}`]);
  const allowed = ['--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'];
  await codex.run('exec', ...allowed, ...flags, 'Make a picture of a fox.');
  expectPicture(provider, { images: false });
});
