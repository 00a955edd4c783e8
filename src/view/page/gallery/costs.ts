import { dollarsForPeople } from '../shared/dollars.ts';
import './costs.css';
import { sumCosts } from '../../../jobs/spending/totals.ts';
import type { GalleryJob } from '../../gallery-api.ts';
import { h } from '../shared/dom.ts';
import { dateOfJob, dayTitle } from './list/days.ts';
import { titleOf } from './models.ts';
import { counted } from './words.ts';

/** What was reported to be paid for the jobs that are shown, by day and model. Estimates are no part of it. */
export function createCosts() {
  let jobs: readonly GalleryJob[] = [];
  const button = h('button.costs-button', { onclick: open }, 'Costs');
  const title = h('h2', { id: 'costs-title' }, 'Costs');
  const close = h('button', { onclick: () => dialog.close() }, 'Close');
  const body = h('div.body', { tabIndex: 0, role: 'group', ariaLabel: 'Costs by day and model' });
  const dialog = h('dialog.costs', {}, h('div.top', {}, title, close), body);
  dialog.setAttribute('aria-labelledby', title.id);
  dialog.onclick = ({ target }) => target === dialog && dialog.close();

  function open(): void {
    draw();
    dialog.showModal();
  }
  function draw(): void {
    const sums = sumCosts(
      jobs.map((job) => ({ ...job, submitted_at: dateOfJob(job) })),
      (date) => date,
    );
    const notes = [`${counted(sums.reported, 'job')} with a reported cost`];
    if (sums.unreported > 0) notes.push(`none was reported for ${counted(sums.unreported, 'more job')}`);
    const now = new Date();
    const byModel = Object.entries(sums.by_model).sort(([, a], [, b]) => b - a);
    body.replaceChildren(
      h('p.sum', {}, dollarsForPeople(sums.usd)),
      h('p.dim', {}, `${notes.join('; ')}.`),
      table(
        'By model',
        byModel.map(([model, usd]) => [titleOf(model), usd]),
      ),
      table(
        'By day',
        Object.entries(sums.by_day).map(([date, usd]) => [dayTitle(date, now), usd]),
      ),
    );
  }
  return {
    button,
    dialog,
    show(shown: readonly GalleryJob[], sum: { usd: number; reported: number }): void {
      jobs = shown;
      const usd = sum.reported > 0 ? dollarsForPeople(sum.usd) : '';
      button.replaceChildren(h('span.word', {}, 'Costs'), usd && ` ${usd}`);
      button.classList.toggle('known', usd !== '');
      button.ariaLabel = usd ? `Costs: ${usd}` : 'Costs';
      if (dialog.open) draw();
    },
  };
}

/** Amounts with what they are for, and a bar as long as each is of the largest. */
function table(caption: string, rows: [what: string, usd: number][]): HTMLElement {
  const most = Math.max(...rows.map(([, usd]) => usd), 0);
  const body = rows.map(([what, usd]) => {
    const bar = h('span.bar', { ariaHidden: 'true' });
    bar.style.width = `${most > 0 ? Math.max(0, usd / most) * 100 : 0}%`;
    return h('tr', {}, h('th', { scope: 'row' }, what, bar), h('td', {}, dollarsForPeople(usd)));
  });
  const element = h(
    'table',
    { hidden: rows.length === 0 },
    h('caption', {}, caption),
    h('tbody', {}, ...body),
  );
  return element;
}
