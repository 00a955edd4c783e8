import type { GalleryJob } from '../../../gallery-api.ts';
import { h } from '../../shared/dom.ts';
import { KINDS } from '../../shared/job.ts';
import { copyIcon, type Icon, icon } from '../icons.ts';
import { titleOf } from '../models.ts';
import { originalUrl } from '../records.ts';
import { oneLine } from '../words.ts';
import type { Box } from './layout.ts';
import type { Thumbnails } from './thumbnails.ts';

/** A box of the list in the page. */
export interface Item {
  element: HTMLElement;
  /** What gets the focus. */
  target: HTMLElement;
  /** The job has changed. */
  update(job: GalleryJob): void;
  /** It is no longer shown. */
  remove(): void;
}

export interface TileOptions {
  thumbnails: Thumbnails;
  onOpen(id: string, index: number): void;
  onFavourite(job: GalleryJob): void;
  /** A picture turned out to have this width / height. */
  onAspect(box: Box, aspect: number): void;
}

const MAX_NAME = 120;

/** A picture in the list, with what can be done without opening it. */
export function createTile(box: Box, options: TileOptions): Item {
  const { index } = box;
  let { job } = box;
  const output = job.outputs[index];
  const kind = output && output.kind !== 'image' ? output.kind : undefined;
  const picture = h('button.picture', { onclick: () => options.onOpen(job.id, index) });
  const heart = h('button.round.heart', { onclick: () => options.onFavourite(job) }, icon('heart'));
  const copy = copyIcon('Copy the prompt', () => job.prompt ?? '');
  const download = h(
    'a.round',
    { href: `${originalUrl(job.id, index)}?download`, download: '' },
    icon('download'),
  );
  download.ariaLabel = 'Download';
  download.title = 'Download';
  const words = h('p.words');
  const over = h('div.over', {}, words, h('div.actions', {}, heart, copy, download));
  const badge = h('span.badge', {}, icon('heart'));
  const element = h('li.tile', { role: 'listitem' }, picture, badge, over);
  let trouble = '';
  let giveUp = () => {};

  function update(changed: GalleryJob): void {
    job = changed;
    const name = oneLine(job.prompt ?? '', MAX_NAME) || titleOf(job.model);
    const place = job.outputs.length > 1 ? `, ${index + 1} of ${job.outputs.length}` : '';
    const isFavourite = job.favourite === true;
    picture.ariaLabel = [kind && `${KINDS[kind]}: `, name, place, trouble && `. ${trouble}`].join('');
    words.textContent = job.prompt ?? titleOf(job.model);
    heart.ariaLabel = 'Favourite';
    heart.ariaPressed = String(isFavourite);
    heart.title = isFavourite ? 'Remove from favourites' : 'Add to favourites';
    badge.hidden = !isFavourite;
    copy.hidden = !job.prompt;
  }

  function face(name: Icon, text: string): void {
    picture.replaceChildren(h('span.face', {}, icon(name), h('span', {}, text)));
  }

  function onProblem(text: string): void {
    trouble = text;
    element.classList.add('gone');
    face('image', text);
    update(job);
  }

  update(job);
  if (output?.trusted === false) onProblem('Not shown: it is not on a RunComfy host');
  else if (kind) face(kind, KINDS[kind]);
  else {
    const image = h('img', { alt: '', decoding: 'async' });
    picture.append(image);
    const onLoad = (aspect: number) => options.onAspect(box, aspect);
    giveUp = options.thumbnails.load(image, job.id, index, { onLoad, onProblem });
  }
  return { element, target: picture, update, remove: () => giveUp() };
}
