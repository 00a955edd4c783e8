import { expect, onTestFinished } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/sandbox/server.ts';
import { MAIN, plainEnv } from '../../support/process.ts';
import { freshDataDir, KEY } from '../../support/program.ts';
import { type Provider, startProvider, type Turn } from '../mock/provider.ts';
import type { Sent } from '../mock/sent.ts';
import { tokensOf } from './tokens.ts';

/** How a loop starts the MCP server. */
export interface ServerCommand {
  command: string;
  args: string[];
  env: Record<string, string>;
}

/**
 * Runs an agent with the server's tools on a model of the provider, which listens at an origin, and resolves with what
 * it said in the end. Set up as the framework's documentation says.
 */
export type Loop = (provider: string, server: ServerCommand) => Promise<string>;

export const PROMPT = 'Make a picture of a fox.';

export interface Ran {
  sandbox: Sandbox;
  provider: Provider;
  said: string;
}

/** Runs a loop on the built server, a sandbox and a mock model that takes these turns. */
export async function runLoop(
  loop: Loop,
  turns: (sandbox: Sandbox) => readonly Turn[],
  flags: readonly string[] = [],
): Promise<Ran> {
  const sandbox = await startSandbox({ key: KEY, pace: 0.1 });
  onTestFinished(() => sandbox.close());
  const provider = await startProvider(turns(sandbox));
  const said = await loop(provider.origin, {
    command: process.execPath,
    args: [MAIN, '--base-url', sandbox.origin, '--data-dir', freshDataDir(), ...flags],
    env: plainEnv({ RUNCOMFY_API_KEY: KEY }),
  });
  return { sandbox, provider, said };
}

export const MAX_TOKENS = 1_500;

/** Holds that the model was sent a job's picture: its link, few tokens, and the image itself only if it sees images. */
export function expectPicture(
  sent: Sent | undefined,
  { origin, engine }: Sandbox,
  job: number,
  images: boolean,
): void {
  expect(sent?.text).toContain(`${origin}/outputs/${engine.jobs[job]?.id}/`);
  expect(tokensOf(sent?.text ?? '')).toBeLessThanOrEqual(MAX_TOKENS);
  expectImages(sent, images ? 1 : 0);
}

/** Holds that the model was sent so many images, and none as text. */
export function expectImages(sent: Sent | undefined, count: number): void {
  expect(sent?.text).not.toMatch(BASE64);
  const starts = sent?.images.map((image) => image.subarray(0, 3).toString('hex'));
  expect(starts).toEqual(Array.from({ length: count }, () => JPEG));
}

// The first bytes of a JPEG.
const JPEG = 'ffd8ff';
// Ids and URLs hold shorter runs.
const BASE64 = /[A-Za-z0-9+/]{200}/;
