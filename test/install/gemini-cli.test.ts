import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SERVER } from '../../src/cli/hosts/host.ts';
import { freshHost } from './support/host.ts';
import { expectPicture, startArtist } from './support/picture.ts';
import { treeDir } from './support/published.ts';

const SETTINGS = JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } });

it('Gemini CLI installs the extension, connects, and makes a picture', async (context) => {
  const gemini = await freshHost('@google/gemini-cli/bundle/gemini.js', context);
  // It takes a base URL for a gateway, which it has no way to log in to.
  mkdirSync(join(gemini.home, '.gemini'), { recursive: true });
  writeFileSync(join(gemini.home, '.gemini/settings.json'), SETTINGS);
  const trusting = gemini.with({ GEMINI_CLI_TRUST_WORKSPACE: 'true' });
  expect(await trusting.run('extensions', 'validate', treeDir())).toContain('successfully validated');
  // A local path, as it lets no git configuration of the user send its clone elsewhere.
  await trusting.run('extensions', 'install', treeDir(), '--consent', '--skip-settings');
  expect(await trusting.run('mcp', 'list')).toMatch(new RegExp(`${SERVER} .* - Connected`));

  const provider = await startArtist();
  await trusting
    .with({ GOOGLE_GEMINI_BASE_URL: provider.origin, GEMINI_API_KEY: 'x' })
    // By itself it asks a model which model to ask.
    .run('--model', 'gemini-2.5-flash', '-p', 'Make a picture of a fox.', '--yolo');
  expectPicture(provider, { images: true });
});
