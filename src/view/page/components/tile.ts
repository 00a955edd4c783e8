import { dollars } from '../../../jobs/spending/totals.ts';
import { KINDS, type ShownJob, stateWords } from '../job.ts';
import { factSpans } from './card.ts';
import { h } from './dom.ts';
import { titleOf } from './models.ts';

const shortTime = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: 'numeric',
  minute: '2-digit',
});

/** A job as one tile of the grid, a button that opens it. */
export function createTile(job: ShownJob, open: (tile: HTMLElement) => void): HTMLElement {
  const { pictures, prompt, request_id, model, submitted_at, cost_usd, status } = job;
  const [first] = pictures;
  const thumb = h('span.thumb.dim', {}, stateWords(job));
  if (first?.kind) thumb.textContent = KINDS[first.kind];
  else if (first?.thumbnail && first.trusted !== false) {
    const image = h('img', { loading: 'lazy', alt: '', src: first.thumbnail });
    image.onload = () => image.classList.add('loaded');
    image.onerror = () => image.replaceWith('Not available any more');
    thumb.replaceChildren(image);
  }
  if (pictures.length > 1)
    thumb.append(
      h('span.count', {}, `${pictures.length} ${pictures.some(({ kind }) => kind) ? 'files' : 'images'}`),
    );
  const [title = ''] = titleOf(model).split(':');
  const when = submitted_at ? shortTime.format(new Date(submitted_at)) : '';
  const facts = factSpans(title, when, cost_usd === undefined ? '' : dollars(cost_usd));
  const line = h('span.line', {}, prompt ?? request_id ?? '');
  const onclick = () => open(tile);
  const tile = h('button.tile', { onclick }, thumb, line, h('span.facts.fine.row', {}, ...facts));
  tile.dataset.status = status;
  return tile;
}
