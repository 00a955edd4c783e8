import { dollars } from '../../jobs/spending/totals.ts';
import { button, make } from './dom.ts';
import { type Shown, stateWords } from './job.ts';

const shortTime = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: 'numeric',
  minute: '2-digit',
});

/** A job as one tile of the grid, a button. */
export function newTile(job: Shown, title: string, open: (tile: HTMLElement) => void): HTMLElement {
  const [first] = job.pictures;
  const thumb = make('span', 'thumb', stateWords(job));
  if (first?.thumbnail && first.trusted !== false) {
    const image = Object.assign(make('img'), { loading: 'lazy', alt: '', src: first.thumbnail });
    image.onload = () => image.classList.add('loaded');
    image.onerror = () => image.replaceWith('Not available any more');
    thumb.replaceChildren(image);
  }
  if (job.pictures.length > 1) thumb.append(make('span', 'count', `${job.pictures.length} images`));
  const when = job.submitted_at ? shortTime.format(new Date(job.submitted_at)) : '';
  const cost = job.cost_usd === undefined ? '' : dollars(job.cost_usd);
  const [model] = title.split(':');
  const facts = [model ?? '', when, cost].filter(Boolean).map((fact) => make('span', '', fact));
  const prompt = make('span', 'line', job.prompt ?? job.request_id ?? '');
  const tile = button('', () => open(tile), 'tile');
  tile.dataset.status = job.status;
  tile.append(thumb, prompt, make('span', 'facts', ...facts));
  return tile;
}
