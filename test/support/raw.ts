import type { Readable, Writable } from 'node:stream';

/** A process spoken to in lines. */
export interface Spoken {
  stdin: Writable;
}

/** Writes one message. */
export function send({ stdin }: Spoken, message: object): void {
  stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

/** Opens the session, as request 0, and waits for the answer. */
export async function initialize(child: Spoken, stdout: Collected): Promise<void> {
  const clientInfo = { name: 'raw', version: '1' };
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
  send(child, { id: 0, method: 'initialize', params });
  await stdout.has('"id":0');
  send(child, { method: 'notifications/initialized' });
}

export interface Collected {
  text(): string;
  /** Resolves when the text has come; waits for ever if it never does. */
  has(part: string): Promise<void>;
}

/** Gathers what a stream says from now on. */
export function collect(stream: Readable): Collected {
  let text = '';
  const waiting: { part: string; resolve: () => void }[] = [];
  stream.on('data', (chunk) => {
    text += chunk;
    for (const { part, resolve } of waiting) if (text.includes(part)) resolve();
  });
  return {
    text: () => text,
    has: (part) =>
      new Promise((resolve) => (text.includes(part) ? resolve() : void waiting.push({ part, resolve }))),
  };
}

/** The lines of a text that say anything. */
export const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
