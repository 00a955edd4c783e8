import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { onTestFinished } from 'vitest';
import { createProgram, type Program } from '../../src/program.ts';
import { plain } from './images.ts';
import { type Connected, connect, freshDataDir, textOf } from './program.ts';

export const ERAS = ['2025', '2026-07-28'] as const;
export type Era = (typeof ERAS)[number];

/** What a client answers a question with; it may take its time, or fail. */
export type Answer = (question: { message: string }) => unknown;
export const YES = () => ({ action: 'accept', content: { approve: true } });

type Handler = (request: { params: { message: string } }) => unknown;

// A file: the look whether a URL is alive takes seconds where no name can be looked up.
const FOLDER = freshDataDir();
const PICTURE = join(FOLDER, 'a.png');
/** A call whose price is published: $0.009, $0.034 or $0.133. */
export const edit = (prompt: string, quality: 'low' | 'medium' | 'high' = 'high') => ({
  name: 'gpt_image_1_5_image_to_image',
  arguments: { prompt, quality, image_urls: [PICTURE] },
});
/** A call whose price is unknown. */
export const paint = (prompt: string) => ({ name: 'gpt_image_2_text_to_image', arguments: { prompt } });

/** A server that asks above $0.05, with a client that can ask its user if it is given an answer. */
export async function connectAsking(
  answer: Answer | undefined,
  { era = '2025', ...given }: Parameters<typeof connect>[0] & { era?: Era } = {},
): Promise<Connected> {
  if (!existsSync(PICTURE)) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(PICTURE, await plain(8, 8).png().toBuffer());
  }
  let program: Program | undefined;
  const connected = await connect({
    confirmAboveUsd: 0.05,
    inputDirs: [FOLDER],
    sandboxOptions: { pace: 0, slots: 20 },
    ...(answer && { clientCapabilities: { elicitation: {} } }),
    ...given,
    create(...more) {
      program = createProgram(...more);
      return program;
    },
  });
  const client = era === '2025' ? connected.client : await connectModern(program as Program, answer);
  if (answer) {
    client.setRequestHandler('elicitation/create', () => ({ action: 'cancel' }));
    // The SDK of the client would not let garbage out.
    const handlers = (client as unknown as { _requestHandlers: Map<string, Handler> })._requestHandlers;
    handlers.set('elicitation/create', async ({ params }) => answer(params));
  }
  return { ...connected, client };
}

/** A client of the stateless protocol on the same program. */
async function connectModern(program: Program, answer: Answer | undefined): Promise<Client> {
  const [serverSide, clientSide] = InMemoryTransport.createLinkedPair();
  serveStdio(program.factory, { transport: serverSide });
  const client = new Client(
    { name: 'test-client', version: '1.0.0' },
    {
      versionNegotiation: { mode: { pin: '2026-07-28' } },
      capabilities: answer ? { elicitation: { form: {} } } : {},
    },
  );
  await client.connect(clientSide);
  onTestFinished(() => client.close());
  return client;
}

/** The code in a refusal. */
export const codeIn = (result: { content: unknown }): string =>
  /approve_cost with code "(\w+)"/.exec(textOf(result))?.[1] ?? 'none';

/** Approves by a code as an agent does. */
export const approve = ({ client }: Pick<Connected, 'client'>, code: string) =>
  client.callTool({ name: 'approve_cost', arguments: { code } });
