import { type CostSums, dollars, sumCosts } from '../../jobs/spending/totals.ts';
import './gallery-app.css';
import { createCostTable } from './components/cost-table.ts';
import { h } from './components/dom.ts';
import { createFilters } from './components/filters.ts';
import { openJob } from './components/job-dialog.ts';
import { createTile } from './components/tile.ts';
import { isActive } from './job.ts';
import { collectJob, fetchJobs, type RecordedJob } from './records.ts';

// Tiles at a time; more are added when the end of the list is near.
const BATCH = 60;
const POLL_INTERVAL = 5_000;
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

const totals = h('p.totals.dim', { role: 'status' });
const collectAll = h('button.main', { onclick: () => void collectEvery() });
const filters = createFilters(() => draw(BATCH));
const costTable = createCostTable();
const grid = h('ul.grid');
const end = h('div');
document.body.append(
  h('header.row', {}, h('h1', {}, 'Image jobs'), filters.element, collectAll, totals),
  h('main', {}, costTable.element, grid, end),
);
const tiles = new Map<string, { text: string; element: HTMLElement }>();
let jobs: RecordedJob[] = [];
let chosen: RecordedJob[] = [];

async function load(): Promise<void> {
  try {
    const fetched = await fetchJobs();
    if (!fetched) return;
    jobs = fetched;
    filters.offer(jobs);
    draw(Math.max(BATCH, grid.children.length));
  } catch (error) {
    totals.textContent = (error as Error).message;
  }
}

/** Shows the jobs that the filters accept, the first `count` of them as tiles. */
function draw(count: number): void {
  chosen = jobs.filter(filters.accepts);
  const costs = sumCosts(chosen, (at) => day.format(new Date(at)));
  const open = chosen.filter((job) => job.open);
  totals.textContent = totalsText(costs);
  costTable.show(costs);
  collectAll.hidden = open.length === 0;
  collectAll.textContent = `Collect ${open.length} unfinished`;
  const none = h('li.none.dim', {}, jobs.length ? 'No job fits.' : 'No jobs are recorded yet.');
  grid.replaceChildren(...(chosen.length ? chosen.slice(0, count).map(tileOf) : [none]));
  watchEnd();
}

const nearEnd = new IntersectionObserver(
  ([entry]) => {
    const drawn = grid.children.length;
    if (!entry?.isIntersecting || drawn >= chosen.length) return;
    grid.append(...chosen.slice(drawn, drawn + BATCH).map(tileOf));
    watchEnd();
  },
  { rootMargin: '800px' },
);

/** Observes the end from the start: an observer reports changes only, and the end may still be near. */
function watchEnd(): void {
  nearEnd.unobserve(end);
  nearEnd.observe(end);
}

function totalsText({ usd, unreported }: CostSums): string {
  const done = chosen.filter(({ status }) => status === 'succeeded');
  const images = done.flatMap(({ pictures }) => pictures.filter(({ kind }) => !kind)).length;
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  const parts = [counted(chosen.length, 'job'), counted(images, 'image'), `${dollars(usd)} reported`];
  return [...parts, unreported ? `${unreported} without a reported cost` : ''].filter(Boolean).join(' · ');
}

/** The tile of a job, the same one until something changes: its picture is not loaded again. */
function tileOf(job: RecordedJob): HTMLElement {
  const text = JSON.stringify(job);
  const drawn = tiles.get(job.id);
  if (drawn?.text === text) return drawn.element;
  const open = (tile: HTMLElement) => openJob(job, load, () => tile.focus());
  const element = h('li', {}, createTile(job, open));
  tiles.set(job.id, { text, element });
  return element;
}

async function collectEvery(): Promise<void> {
  collectAll.disabled = true;
  let problem = '';
  for (const job of chosen.filter(({ open }) => open))
    await collectJob(job).then(load, ({ message }: Error) => {
      problem = message;
    });
  if (problem) totals.textContent = problem;
  collectAll.disabled = false;
}

setInterval(() => {
  if (!document.hidden && jobs.some(isActive)) void load();
}, POLL_INTERVAL);
document.onvisibilitychange = () => {
  if (!document.hidden) void load();
};
void load();
