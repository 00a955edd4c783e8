import { make } from './dom.ts';
import { type Shown, stateWords } from './job.ts';

/** The fields that narrow the list of jobs. */
export interface Filters {
  readonly element: HTMLElement;
  /** Offers the models and states that occur. */
  offer(jobs: readonly Shown[]): void;
  accepts(job: Shown): boolean;
}

export function createFilters(titleOf: (model?: string) => string, onChange: () => void): Filters {
  const text = Object.assign(make('input'), {
    type: 'search',
    placeholder: 'Search prompts',
    ariaLabel: 'Search prompts',
  });
  const model = Object.assign(make('select'), { ariaLabel: 'Model' });
  const state = Object.assign(make('select'), { ariaLabel: 'State' });
  for (const field of [text, model, state]) field.oninput = onChange;

  const fill = (
    select: HTMLSelectElement,
    all: string,
    values: string[],
    label: (value: string) => string,
  ) => {
    const chosen = select.value;
    select.replaceChildren(new Option(all, ''), ...values.map((value) => new Option(label(value), value)));
    select.value = values.includes(chosen) ? chosen : '';
  };
  const distinct = (values: string[]) => [...new Set(values)].sort();

  return {
    element: make('div', 'filters', text, model, state),
    offer(jobs) {
      fill(model, 'All models', distinct(jobs.map(({ model = '' }) => model)), titleOf);
      fill(state, 'All states', distinct(jobs.map(({ status }) => status)), (status) =>
        stateWords({ status, pictures: [] }),
      );
    },
    accepts(job) {
      const sought = text.value.trim().toLowerCase();
      const said = `${job.prompt ?? ''} ${job.request_id ?? ''}`.toLowerCase();
      return (
        said.includes(sought) &&
        (!model.value || job.model === model.value) &&
        (!state.value || job.status === state.value)
      );
    },
  };
}
