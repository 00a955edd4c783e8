import { dollars } from '../../jobs/spending/totals.ts';
import './gallery.css';
import { type CostSums, sumCosts } from '../../jobs/spending/totals.ts';
import { createCard } from './card.ts';
import { createCostTable } from './cost-table.ts';
import { button, make } from './dom.ts';
import { createFilters } from './filters.ts';
import { isActive, type Shown } from './job.ts';
import { newTile } from './tile.ts';

/** A recorded job as the server lists it. */
export interface Recorded extends Shown {
  id: string;
  /** Whether a look may tell more. */
  open: boolean;
}

/** What the server tells the page: the titles of its models, by model id. */
declare const data: Record<string, string>;

const titleOf = (model = '') => data[model] ?? model;
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' });

// So many tiles at once; more come when the end of the list is near.
const BATCH = 60;
const LOOK_AGAIN = 5_000;

const totals = Object.assign(make('p', 'totals'), { role: 'status' });
const collectAll = button('', () => void collectEvery(), 'main');
const filters = createFilters(titleOf, () => draw());
const costTable = createCostTable(titleOf);
const grid = make('ul', 'grid');
const end = make('div', 'end');
const dialog = make('dialog');
document.body.append(
  make('header', '', make('h1', '', 'Image jobs'), filters.element, collectAll, totals),
  make('main', '', costTable.element, grid, end),
  dialog,
);
let jobs: Recorded[] = [];
let seen = '';

async function load(): Promise<void> {
  const response = await fetch('jobs').catch(() => undefined);
  if (!response?.ok) {
    const { error = 'The gallery was ended. Start it again for a new address.' } = response
      ? await response.json()
      : {};
    totals.textContent = error;
    return;
  }
  const text = await response.text();
  if (text === seen) return;
  seen = text;
  jobs = (JSON.parse(text) as Recorded[]).map(withThumbnails);
  filters.offer(jobs);
  draw(Math.max(BATCH, grid.children.length));
}

const withThumbnails = (job: Recorded): Recorded => ({
  ...job,
  pictures: job.pictures.map((picture, index) => ({ ...picture, thumbnail: `pictures/${job.id}/${index}` })),
});

/** Shows what the filters let through, no less of it than `least` tiles. */
function draw(least = BATCH): void {
  const chosen = jobs.filter(filters.accepts);
  const costs = sumCosts(chosen, dayOf);
  totals.textContent = totalsOf(chosen, costs);
  costTable.show(costs);
  const open = chosen.filter((job) => job.open);
  collectAll.hidden = open.length === 0;
  collectAll.textContent = `Collect ${open.length} unfinished`;
  const nothing = make('li', 'none', jobs.length ? 'No job fits.' : 'No jobs are recorded yet.');
  grid.replaceChildren(...(chosen.length ? chosen.slice(0, least).map(tileOf) : [nothing]));
  nearEnd?.disconnect();
  nearEnd = new IntersectionObserver(
    ([entry], observer) => {
      const drawn = grid.children.length;
      if (!entry?.isIntersecting || drawn >= chosen.length) return;
      grid.append(...chosen.slice(drawn, drawn + BATCH).map(tileOf));
      // It tells of changes only: where the end is near still, it has to be asked anew.
      observer.unobserve(end);
      observer.observe(end);
    },
    { rootMargin: '800px' },
  );
  nearEnd.observe(end);
}
let nearEnd: IntersectionObserver | undefined;

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** The day of a time where the user is. */
const dayOf = (at: string) => day.format(new Date(at));

function totalsOf(chosen: Recorded[], { usd, unreported }: CostSums): string {
  const done = chosen.filter(({ status }) => status === 'succeeded');
  const images = done.reduce((sum, { pictures }) => sum + pictures.length, 0);
  return [
    counted(chosen.length, 'job'),
    counted(images, 'image'),
    `${dollars(usd)} reported`,
    ...(unreported ? [`${unreported} without a reported cost`] : []),
  ].join(' · ');
}

/** The tile of a job, the same one as long as nothing changes: its picture need not be loaded again. */
function tileOf(job: Recorded): HTMLElement {
  const said = JSON.stringify(job);
  const drawn = tiles.get(job.id);
  if (drawn?.said === said) return drawn.element;
  const element = make(
    'li',
    '',
    newTile(job, titleOf(job.model), (tile) => openCard(job, tile)),
  );
  tiles.set(job.id, { said, element });
  return element;
}
const tiles = new Map<string, { said: string; element: HTMLElement }>();

/** Shows a job as the view in a chat does. */
function openCard(job: Recorded, tile: HTMLElement): void {
  const noted = (shown: Recorded): Recorded => ({
    ...shown,
    note: [
      shown.submitted_at && `Submitted ${time.format(new Date(shown.submitted_at))}`,
      shown.request_id && `request_id ${shown.request_id}`,
    ]
      .filter(Boolean)
      .join('\n'),
  });
  const card = createCard(noted(job), { titleOf, actions: () => [] });
  const look = button(
    'Collect',
    async () => {
      look.disabled = true;
      const answer = await collect(job);
      look.disabled = false;
      card.show(typeof answer === 'string' ? { ...card.job, error: answer } : noted(answer));
      look.hidden = !isActive(card.job);
    },
    'main',
  );
  look.hidden = !job.open;
  dialog.replaceChildren(
    card.element,
    make(
      'div',
      'ask',
      look,
      button('Close', () => dialog.close()),
    ),
  );
  dialog.ariaLabel = `Job: ${job.prompt ?? job.request_id ?? ''}`;
  dialog.onclick = ({ target }) => target === dialog && dialog.close();
  dialog.onclose = () => tile.focus();
  dialog.showModal();
}

/** Looks at a job and records what is learned; answers with it, or with what went wrong. */
async function collect({ id }: Recorded): Promise<Recorded | string> {
  const response = await fetch(`jobs/${id}/collect`, { method: 'POST' }).catch(() => undefined);
  const answer = (await response?.json().catch(() => undefined)) ?? {};
  if (!response?.ok) return answer.error ?? 'The gallery does not answer.';
  void load();
  return withThumbnails(answer);
}

async function collectEvery(): Promise<void> {
  collectAll.disabled = true;
  const open = jobs.filter((job) => job.open && filters.accepts(job));
  let problem = '';
  for (const job of open) {
    const answer = await collect(job);
    if (typeof answer === 'string') problem = answer;
  }
  if (problem) totals.textContent = problem;
  collectAll.disabled = false;
}

setInterval(() => {
  if (!document.hidden && jobs.some(isActive)) void load();
}, LOOK_AGAIN);
document.onvisibilitychange = () => {
  if (!document.hidden) void load();
};
void load();
