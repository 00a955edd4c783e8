import { type CostSums, dollars } from '../../jobs/spending/totals.ts';
import { make } from './dom.ts';

/** What was reported by day and by model, to be folded out. */
export interface CostTable {
  readonly element: HTMLElement;
  show(costs: CostSums): void;
}

export function createCostTable(titleOf: (model: string) => string): CostTable {
  const tables = make('div', 'sums');
  const element = make('details', 'costs', make('summary', '', 'Costs by day and model'), tables);
  return {
    element,
    show({ reported, by_day, by_model }) {
      element.hidden = reported === 0;
      const models = Object.entries(by_model).sort(([, a], [, b]) => b - a);
      tables.replaceChildren(
        table('Day', Object.entries(by_day)),
        table(
          'Model',
          models.map(([model, usd]) => [titleOf(model), usd]),
        ),
      );
    },
  };
}

function table(head: string, rows: [what: string, usd: number][]): HTMLElement {
  const heads = [head, 'Reported'].map((text) => Object.assign(make('th', '', text), { scope: 'col' }));
  const body = rows.map(([what, usd]) => make('tr', '', make('td', '', what), make('td', '', dollars(usd))));
  return make('table', '', make('thead', '', make('tr', '', ...heads)), make('tbody', '', ...body));
}
