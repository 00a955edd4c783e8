import { onTestFinished } from 'vitest';
import type { GalleryEvents } from '../../src/view/gallery-api.ts';

/** A page that listens to a gallery's events. */
export interface Listener {
  /** All data of the events of a name so far. */
  of<Name extends keyof GalleryEvents>(name: Name): GalleryEvents[Name][];
  /** Everything as it came. */
  text(): string;
  leave(): void;
}

/** Listens as a page does; resolves once the gallery has answered. */
export async function listenTo(url: string): Promise<Listener> {
  const left = new AbortController();
  const { body } = await fetch(`${url}events`, { signal: left.signal });
  onTestFinished(() => left.abort());
  let text = '';
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of body ?? []) text += decoder.decode(chunk, { stream: true });
  })().catch(() => {});
  return {
    of: (name) =>
      text
        .split('\n\n')
        .flatMap((event) =>
          event.startsWith(`event: ${name}\n`) ? [JSON.parse(event.slice(event.indexOf('data: ') + 6))] : [],
        ),
    text: () => text,
    leave: () => left.abort(),
  };
}
