import { type CostSums, dollars } from '../../../jobs/spending/totals.ts';
import { h } from './dom.ts';
import { titleOf } from './models.ts';

/** The reported costs by day and by model, folded away at first. */
export function createCostTable(): { element: HTMLElement; show(costs: CostSums): void } {
  const tables = h('div.tables.row');
  const element = h('details.costs', {}, h('summary.dim', {}, 'Costs by day and model'), tables);
  return {
    element,
    show({ reported, by_day, by_model }) {
      element.hidden = reported === 0;
      const models = Object.entries(by_model).sort(([, a], [, b]) => b - a);
      const titled = models.map(([model, usd]): [string, number] => [titleOf(model), usd]);
      tables.replaceChildren(table('Day', Object.entries(by_day)), table('Model', titled));
    },
  };
}

function table(head: string, rows: [what: string, usd: number][]): HTMLElement {
  const heads = [head, 'Reported'].map((text) => h('th.dim', { scope: 'col' }, text));
  const body = rows.map(([what, usd]) => h('tr', {}, h('td', {}, what), h('td', {}, dollars(usd))));
  return h('table', {}, h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...body));
}
