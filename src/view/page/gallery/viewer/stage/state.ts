import type { GalleryJob } from '../../../../gallery-api.ts';
import { h } from '../../../shared/dom.ts';
import { isActive } from '../../../shared/job.ts';
import { type Icon, icon } from '../../icons.ts';
import { MAY_EXIST, stateTitle, waitWords } from '../../words.ts';

const SECOND = 1_000;
const ICONS: Partial<Record<GalleryJob['status'], Icon>> = {
  succeeded: 'image',
  failed: 'alert',
  cancelled: 'cancelled',
  unknown: 'question',
};

/** How a job without a picture gets on, until the signal aborts. */
export function createStateFace(job: GalleryJob, signal: AbortSignal) {
  const element = h('div.blank.state-face');
  const wait = h('p.wait', { ariaHidden: 'true' });
  let shown = job;

  function tick(): void {
    wait.textContent = isActive(shown) ? waitWords(shown, Date.now()) : '';
  }
  function update(changed: GalleryJob): void {
    shown = changed;
    const { status, error } = changed;
    element.dataset.status = status;
    const parts = [
      icon(ICONS[status] ?? 'clock'),
      h('p.blank-title', {}, stateTitle(changed)),
      wait,
      h('p', {}, wordsOf(changed)),
      ...(error ? [h('blockquote', { dir: 'auto', tabIndex: 0 }, error)] : []),
    ];
    tick();
    // Who reads or marks what has not changed is not disturbed.
    const isSame =
      parts.length === element.children.length &&
      parts.every((part, place) => part.isEqualNode(element.children[place] ?? null));
    if (!isSame) element.replaceChildren(...parts);
  }
  update(job);
  const timer = setInterval(tick, SECOND);
  signal.addEventListener('abort', () => clearInterval(timer));
  return { element, update };
}

function wordsOf(job: GalleryJob): string {
  if (isActive(job)) return 'It appears here as soon as it is made.';
  if (job.status === 'unknown') return MAY_EXIST;
  if (job.status === 'failed') return job.error ? 'RunComfy says:' : 'RunComfy gave no reason.';
  return job.status === 'cancelled' ? 'No picture was made.' : 'RunComfy finished it, but sent no picture.';
}
