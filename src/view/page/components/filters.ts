import { type ShownJob, stateWords } from '../job.ts';
import { h } from './dom.ts';
import { titleOf } from './models.ts';

/** The fields that narrow the list of jobs. */
export function createFilters(oninput: () => void) {
  const label = 'Search prompts';
  const text = h('input', { type: 'search', placeholder: label, ariaLabel: label, oninput });
  const model = h('select', { ariaLabel: 'Model', oninput });
  const state = h('select', { ariaLabel: 'State', oninput });

  return {
    element: h('div.filters.row', {}, text, model, state),
    /** Offers the models and states that occur. */
    offer(jobs: readonly ShownJob[]): void {
      const models = jobs.map((job) => job.model ?? '');
      const states = jobs.map((job) => job.status);
      offerOptions(model, 'All models', models, titleOf);
      offerOptions(state, 'All states', states, (status) => stateWords({ status }));
    },
    accepts(job: ShownJob): boolean {
      const sought = text.value.trim().toLowerCase();
      const words = `${job.prompt ?? ''} ${job.request_id ?? ''}`.toLowerCase();
      return (
        words.includes(sought) &&
        (!model.value || job.model === model.value) &&
        (!state.value || job.status === state.value)
      );
    },
  };
}

/** Offers each value once, and keeps the chosen one if it is still there. */
function offerOptions(
  select: HTMLSelectElement,
  all: string,
  values: string[],
  label: (value: string) => string,
): void {
  const chosen = select.value;
  const options = [...new Set(values)].sort().map((value) => new Option(label(value), value));
  select.replaceChildren(new Option(all, ''), ...options);
  select.value = values.includes(chosen) ? chosen : '';
}
