import { readFileSync } from 'node:fs';
import { Client as Client2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MAIN, plainEnv } from '../support/process.ts';
import { freshDataDir, KEY, textOf } from '../support/program.ts';
import { startUpstream } from '../support/upstream.ts';

/** The part of a client that all generations share. */
interface AnyClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  listPrompts(): Promise<{ prompts: { name: string }[] }>;
  getPrompt(wish: { name: string; arguments: Record<string, string> }): Promise<{ messages: unknown[] }>;
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

const info = { name: 'e2e', version: '1.0.0' };

/** Every generation of client that hosts are built on, connected to a spawned server. */
const CLIENTS: [name: string, connect: (server: object) => Promise<AnyClient>][] = [
  [
    'SDK 1.x, protocol 2025',
    async (server) => {
      const client = new Client1(info);
      await client.connect(new Stdio1(server as never));
      return client as unknown as AnyClient;
    },
  ],
  [
    'SDK 2.x, protocol 2025',
    async (server) => {
      const client = new Client2(info);
      await client.connect(new Stdio2(server as never));
      return client as unknown as AnyClient;
    },
  ],
  [
    'SDK 2.x, stateless protocol 2026-07-28',
    async (server) => {
      const client = new Client2(info, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
      await client.connect(new Stdio2(server as never));
      expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
      return client as unknown as AnyClient;
    },
  ],
  [
    'SDK 2.x, protocol found out by itself',
    async (server) => {
      const client = new Client2(info, { versionNegotiation: { mode: 'auto' } });
      await client.connect(new Stdio2(server as never));
      return client as unknown as AnyClient;
    },
  ],
];

/** Every model with an input, as an agent would call it. */
const CALLS: [model: string, input: Record<string, unknown>][] = [
  ['openai/gpt-image-2/text-to-image', { prompt: 'a "fox"\nin snow ✨', resolution: '2k' }],
  ['openai/gpt-image-1-5/text-to-image', { prompt: 'a fox', quality: 'low' }],
  [
    'openai/gpt-image-1-5/image-to-image',
    { prompt: 'a fox', image_urls: ['https://example.com/a%20b.png?x=1'] },
  ],
  ['openai/gpt-4o-image/text-to-image', { prompt: 'a fox' }],
  ['imagineart/imagineart-1.5-preview/text-to-image', { prompt: 'a fox', seed: 0 }],
];

const toolName = (model: string) => model.slice(model.indexOf('/') + 1).replace(/[^a-z0-9]+/g, '_');

describe.each(CLIENTS)('%s', (_, connect) => {
  it("makes every model's call send exactly the caller's fields, once, and returns the URL", async () => {
    const upstream = await startUpstream();
    const args = [MAIN, '--base-url', `${upstream.origin}/v1/`, '--data-dir', freshDataDir()];
    const client = await connect({
      command: process.execPath,
      args,
      env: plainEnv({ RUNCOMFY_API_KEY: KEY }),
    });
    onTestFinished(() => client.close());
    const { tools } = await client.listTools();
    const names = CALLS.map(([model]) => toolName(model));
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(names));

    const results = await Promise.all(
      CALLS.map(([model, input]) => client.callTool({ name: toolName(model), arguments: input })),
    );
    const submits = upstream.calls.filter(({ path }) => path.startsWith('/v1/models/'));
    const sent = submits.map(({ path, body }) => [path.slice('/v1/models/'.length), JSON.parse(body)]);
    expect(sent).toHaveLength(CALLS.length);
    expect(sent).toEqual(expect.arrayContaining(CALLS));
    for (const result of results) {
      expect(result.structuredContent).toMatchObject({
        status: 'succeeded',
        images: [{ url: upstream.image }],
      });
      expect(textOf(result as never)).toContain(upstream.image);
    }
    for (const { headers } of upstream.calls) {
      expect(headers.authorization).toBe(`Bearer ${KEY}`);
      expect(headers['user-agent']).toMatch(/^runcomfy-image-mcp\//);
    }
  });

  it('gets the skills as prompts', async () => {
    const args = [MAIN, '--data-dir', freshDataDir()];
    const client = await connect({ command: process.execPath, args, env: plainEnv() });
    onTestFinished(() => client.close());
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toEqual(['make-pictures', 'spend-money-well']);
    for (const { name } of prompts) {
      const { messages } = await client.getPrompt({ name, arguments: { idea: 'a fox' } });
      const [, , text = ''] = readFileSync(`skills/${name}/SKILL.md`, 'utf8').split('---\n');
      expect(JSON.stringify(messages)).toContain(JSON.stringify(text.trim()).slice(1, -1));
    }
  });
});
