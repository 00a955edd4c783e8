import type { GalleryReference } from '../../../../gallery-api.ts';
import { h } from '../../../shared/dom.ts';
import { pictureUrl } from '../../records.ts';
import type { Shown } from '../sequence.ts';

export interface ReferenceOptions {
  /** Whether a picture can be opened. */
  canOpen(shown: Shown): boolean;
  onOpen(shown: Shown): void;
}

/** What an edit began from: pictures that open, and the names of others. */
export function referenceList(references: readonly GalleryReference[], options: ReferenceOptions): Node[] {
  if (references.length === 0) return [];
  const items = references.map((reference) => h('li', {}, referenceOf(reference, options)));
  return [h('h3', {}, 'Made from'), h('ul.references', {}, ...items)];
}

function referenceOf(
  { text, name: file, job }: GalleryReference,
  { canOpen, onOpen }: ReferenceOptions,
): Node {
  if (!job || !canOpen(job)) return named(text, file);
  const name = 'Open the picture that it was made from';
  const image = h('img', { src: pictureUrl(job.id, job.index), alt: name, title: name });
  const button = h('button', { onclick: () => onOpen(job) }, image);
  image.onerror = () => button.replaceChildren('Open it');
  return button;
}

function named(text: string, file?: string): Node {
  if (text.startsWith('job:')) return h('span.dim', { title: text }, 'A picture that is no longer here');
  // A query may be long, and says nothing.
  const name = file ?? text.replace(/[?#].*$/s, '').replace(/^.*\//s, '');
  if (!name || name === text) return h('code', { title: text }, text);
  return h('span', { title: text }, h('b', {}, name), h('code', {}, text));
}
