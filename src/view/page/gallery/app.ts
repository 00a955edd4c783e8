// First: the styles of its parts override it.
import './app.css';
import { sumCosts } from '../../../jobs/spending/totals.ts';
import type { GalleryJob } from '../../gallery-api.ts';
import { createCosts } from './costs.ts';
import { createEmpty } from './empty.ts';
import { createSearch } from './find/filter.ts';
import { createFilters } from './find/filters.ts';
import { createHistory } from './find/history.ts';
import { createJobs } from './jobs.ts';
import { daysOf, entriesOf } from './list/days.ts';
import { createList } from './list/list.ts';
import { titleOf } from './models.ts';
import { createNotice } from './notice.ts';
import { createPage } from './page.ts';
import { listen, setFavourite } from './records.ts';
import type { Shown } from './viewer/sequence.ts';
import { createViewer } from './viewer/viewer.ts';
import { counted } from './words.ts';

const jobs = createJobs();
const find = createSearch(titleOf);
let chosen: readonly GalleryJob[] = [];
/** All that can be opened of it, in the order of the list, once that is asked for. */
let sequence: readonly Shown[] | undefined;
/** The picture that was shown last: the focus goes there. */
let last: Shown | undefined;

const notice = createNotice();
const costs = createCosts();
const filters = createFilters(() => {
  place.write();
  window.scrollTo({ top: 0, behavior: 'instant' });
  draw();
});
const place = createHistory({
  filter: filters.get,
  onAddress({ filter, show }) {
    filters.set(filter);
    draw();
    if (show) open(show);
    else viewer.element.close();
  },
});
const viewer = createViewer({
  sequence() {
    const entries = () => daysOf(chosen).flatMap(entriesOf);
    sequence ??= entries().map(({ job, index }) => ({ id: job.id, index: Math.max(0, index) }));
    return sequence;
  },
  job: jobs.get,
  onShow(shown) {
    place.onShow(shown);
    if (!shown && last) list.focus(last.id, last.index);
    last = shown;
  },
});
const list = createList({
  onOpen: (id, index) => open({ id, index }),
  onFavourite: ({ id, favourite }) => void favour(id, !favourite),
});
const empty = createEmpty(filters.clear);
const { summary } = createPage({
  header: [filters.element, costs.button],
  main: [empty.element, list.element],
  above: [notice.element, costs.dialog, viewer.element],
});

function open(shown: Shown): void {
  viewer.open(shown);
}

async function favour(id: string, isFavourite: boolean): Promise<void> {
  mark(isFavourite);
  try {
    await setFavourite(id, isFavourite);
  } catch (error) {
    mark(!isFavourite);
    notice.tell((error as Error).message);
  }
  function mark(is: boolean): void {
    const job = jobs.get(id);
    if (job) jobs.apply({ jobs: [{ ...job, favourite: is || undefined }], gone: [] });
    draw();
  }
}

function draw(): void {
  const all = jobs.all();
  filters.offer(all);
  chosen = find(all, filters.get());
  sequence = undefined;
  const pictures = chosen.reduce((sum, { outputs }) => sum + outputs.length, 0);
  summary.textContent = all.length ? counted(pictures, 'picture') : '';
  costs.show(
    chosen,
    sumCosts(chosen, () => ''),
  );
  notice.count(chosen.length === 0 ? 'No picture fits' : counted(pictures, 'picture'));
  empty.show({ isEmpty: chosen.length === 0, isFiltered: all.length > 0 });
  list.show(chosen);
  viewer.onSequence();
}

/** Once all jobs are known for the first time: what the address says. */
let begin: (() => void) | undefined = () => {
  const { show } = place.read();
  if (!show || !jobs.get(show.id)) return;
  place.begin(show);
  open(show);
};

filters.set(place.read().filter);
window.addEventListener('online', () => list.retry());
listen({
  onJobs(all) {
    const known = jobs.all().map(({ id }) => id);
    jobs.reset(all);
    notice.lost('');
    draw();
    list.retry();
    for (const id of known) viewer.refresh(id);
    begin?.();
    begin = undefined;
  },
  onLost: notice.lost,
  onChange(change) {
    const outputs = (id: string) => JSON.stringify(jobs.get(id)?.outputs);
    const before = new Map(change.jobs.map(({ id }) => [id, outputs(id)]));
    jobs.apply(change);
    draw();
    list.retry(change.jobs.map(({ id }) => id).filter((id) => outputs(id) !== before.get(id)));
    for (const { id } of change.jobs) viewer.refresh(id);
    for (const id of change.gone) viewer.refresh(id);
  },
  onProblem({ text }) {
    notice.problem(text);
    if (!text) list.retry();
  },
});
