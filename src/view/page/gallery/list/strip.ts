import type { GalleryJob } from '../../../gallery-api.ts';
import { h } from '../../shared/dom.ts';
import { isActive } from '../../shared/job.ts';
import { copyIcon } from '../icons.ts';
import { titleOf } from '../models.ts';
import { MAY_EXIST, oneLine, stateTitle, waitWords } from '../words.ts';
import type { Item } from './tile.ts';

const MAX_LINE = 300;

export interface StripOptions {
  onOpen(id: string, index: number): void;
  /** In ms. */
  now(): number;
}

/** A job without a picture: how far it is, or why there is none. */
export function createStrip(first: GalleryJob, { onOpen, now }: StripOptions): Item & { tick(): void } {
  let job = first;
  const state = h('span.state');
  // A name that changes each second is nothing to hear.
  const wait = h('span.wait', { ariaHidden: 'true' });
  const why = h('span.why');
  const prompt = h('span.what');
  const open = h(
    'button.opener',
    { onclick: () => onOpen(job.id, 0) },
    h('span.head', {}, state, wait),
    why,
    prompt,
  );
  const copy = copyIcon('Copy the prompt', () => job.prompt ?? '');
  const element = h('li.strip', { role: 'listitem' }, open, copy);

  function tick(): void {
    wait.textContent = isActive(job) ? waitWords(job, now()) : '';
  }
  function update(changed: GalleryJob): void {
    job = changed;
    element.dataset.status = job.status;
    state.textContent = stateTitle(job);
    why.textContent = whyOf(job);
    prompt.textContent = oneLine(job.prompt ?? '', MAX_LINE) || titleOf(job.model);
    copy.hidden = !job.prompt;
    tick();
  }
  update(job);
  return { element, target: open, update, tick, remove() {} };
}

function whyOf({ status, error = '' }: GalleryJob): string {
  if (status === 'unknown') return MAY_EXIST;
  return status === 'failed' ? oneLine(error, MAX_LINE) : '';
}
