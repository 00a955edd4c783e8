import { expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { factsOf } from '../../scripts/metadata.mjs';
import { SERVER } from '../../src/cli/hosts/host.ts';
import { freshHost } from './support/host.ts';
import { expectPicture, startArtist } from './support/picture.ts';

const { name, slug } = factsOf(packageJson);

it('Copilot CLI installs the plugin from the repository, lists it, and makes a picture', async (context) => {
  const copilot = await freshHost('@github/copilot/npm-loader.js', context);
  await copilot.run('plugin', 'marketplace', 'add', slug);
  await copilot.run('plugin', 'install', `${name}@${name}`);
  expect(await copilot.run('mcp', 'get', SERVER)).toMatch(/Status: Enabled[\s\S]*Source: Plugin/);

  const provider = await startArtist();
  await copilot
    .with({
      COPILOT_OFFLINE: 'true',
      COPILOT_PROVIDER_BASE_URL: provider.origin,
      COPILOT_PROVIDER_TYPE: 'anthropic',
      COPILOT_PROVIDER_API_KEY: 'x',
      COPILOT_MODEL: 'mock',
    })
    .run('-p', 'Make a picture of a fox.', '--allow-all-tools');
  expectPicture(provider, { images: false });
});
