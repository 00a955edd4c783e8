import type { Client } from '@modelcontextprotocol/client';
import type { Sandbox } from '../../src/sandbox/server.ts';

/** A paid call, for tests that care for no other. */
export const CALL = { name: 'gpt_image_2_text_to_image', arguments: { prompt: 'a fox' } };

/** Ends every job of a sandbox now. */
export function finishAll({ engine }: Pick<Sandbox, 'engine'>): void {
  for (const job of engine.jobs) engine.finish(job);
}

/** A promise, and what resolves it. */
export function promised(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}

/** Every message that a client gets from now on, as it would go over a wire. */
export function tap({ transport }: Client): string[] {
  const messages: string[] = [];
  if (!transport) throw new Error('not connected');
  const onmessage = transport.onmessage?.bind(transport);
  transport.onmessage = (message, extra) => {
    messages.push(JSON.stringify(message));
    onmessage?.(message, extra);
  };
  return messages;
}
