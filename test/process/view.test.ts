import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MODELS } from '../../src/models/built-in/index.ts';
import { viewHtml } from '../../src/view/pages.ts';
import { MAIN, plainEnv } from '../support/process.ts';
import { freshDataDir } from '../support/program.ts';
import { TOOL_COUNT } from '../support/tools.ts';
import { SHOWS_VIEWS, VIEW } from '../support/view.ts';

/** A client on the bundle, in one of the protocol's eras. */
async function spawned(era: 'legacy' | 'stateless', capabilities: object): Promise<Client> {
  const negotiation = era === 'stateless' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {};
  const client = new Client({ name: 'e2e', version: '1.0.0' }, { capabilities, ...negotiation } as never);
  const args = [MAIN, '--sandbox', '--data-dir', freshDataDir()];
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args, env: plainEnv(), stderr: 'ignore' }),
  );
  onTestFinished(() => client.close());
  return client;
}

describe.each(['legacy', 'stateless'] as const)('in the %s protocol', (era) => {
  it('a host that shows views gets the page, and which tools it is for', async () => {
    const client = await spawned(era, SHOWS_VIEWS);
    expect(client.getServerCapabilities()?.resources).toEqual({ listChanged: false });
    const { tools } = await client.listTools();
    const shown = tools.filter(({ _meta }) => _meta?.ui).map(({ name, _meta }) => [name, _meta]);
    const meta = { ui: { resourceUri: VIEW }, 'ui/resourceUri': VIEW };
    expect(shown).toMatchObject([
      ...MODELS.map(() => [expect.stringContaining('_image'), meta]),
      ['run_image_model', meta],
      ['make_images', meta],
      ['get_image_job', meta],
      ['peek_image_job', { ui: { visibility: ['app'] } }],
    ]);
    const { resources } = await client.listResources();
    expect(resources).toMatchObject([{ uri: VIEW, mimeType: 'text/html;profile=mcp-app' }]);
    const { contents } = await client.readResource({ uri: VIEW });
    expect(contents).toEqual([
      {
        uri: VIEW,
        mimeType: 'text/html;profile=mcp-app',
        text: viewHtml(),
        _meta: {
          ui: {
            csp: {
              resourceDomains: [
                'https://runcomfy.net',
                'https://*.runcomfy.net',
                'https://runcomfy.com',
                'https://*.runcomfy.com',
                expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
              ],
            },
            permissions: { clipboardWrite: {} },
            prefersBorder: true,
          },
        },
      },
    ]);
  });

  it.each([
    ['nothing', {}],
    ['another extension', { extensions: { 'com.example/ui': { mimeTypes: ['text/html;profile=mcp-app'] } } }],
    ['other pages', { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html'] } } }],
  ])('a host that declares %s sees no trace of it', async (_, capabilities) => {
    const client = await spawned(era, capabilities);
    expect(await client.listResources()).toMatchObject({ resources: [] });
    const { tools } = await client.listTools();
    expect(JSON.stringify(tools)).not.toMatch(/peek|"ui"|ui:|ui\//);
    expect(tools).toHaveLength(TOOL_COUNT);
    await expect(client.readResource({ uri: VIEW })).rejects.toThrow('not found');
    const look = { name: 'peek_image_job', arguments: { request_id: 'any' } };
    await expect(client.callTool(look)).rejects.toThrow('not found');
  });
});
