import { expect, it } from 'vitest';
import { createSlots } from '../../src/cli/gallery/files/slots.ts';

it('who waits for a place of the gallery and leaves takes none, and hears so at once', async () => {
  const take = createSlots(1);
  const left = new AbortController();
  const giveBack = await take(new AbortController().signal);
  const waiting = take(left.signal);
  const next = take(new AbortController().signal);
  left.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
  await expect(take(left.signal)).rejects.toThrow('left');
  giveBack();
  (await next)();
  await take(new AbortController().signal);
});
