import './filters.css';
import type { GalleryJob } from '../../../gallery-api.ts';
import { h } from '../../shared/dom.ts';
import { icon } from '../icons.ts';
import { titleOf } from '../models.ts';
import { type Filter, GROUPS, NO_FILTER } from './filter.ts';

/** The fields that narrow the list. `onChange` comes at most once a frame. */
export function createFilters(onChange: () => void) {
  let filter = NO_FILTER;
  let isDue = false;
  const search = 'Search prompts and models';
  const words = h('input', { type: 'search', placeholder: 'Search', ariaLabel: search, oninput: read });
  const model = h('select', { ariaLabel: 'Model', oninput: read });
  const state = h('select', { ariaLabel: 'State', oninput: read });
  const from = h('input', { type: 'date', oninput: read });
  const to = h('input', { type: 'date', oninput: read });
  const favourites = h(
    'button.favourites.heart',
    { ariaLabel: 'Favourites only', title: 'Favourites only' },
    icon('heart'),
  );
  const mark = h('span.mark');
  const toggle = h(
    'button.toggle',
    { title: 'Filters' },
    icon('filters'),
    h('span.word', {}, 'Filters'),
    mark,
  );
  const reset = h('button', { onclick: clear }, 'Clear the filters');
  const dates = h('div.dates', {}, h('label', {}, 'From', from), h('label', {}, 'to', to));
  const panel = h('div.panel', { id: 'filters' }, model, state, dates, reset);
  toggle.setAttribute('aria-controls', panel.id);

  favourites.onclick = () => change({ ...filter, favourites: !filter.favourites });
  toggle.onclick = () => unfold(toggle.ariaExpanded !== 'true');
  const element = h(
    'search',
    { className: 'filters' },
    h('div.words', {}, icon('search'), words),
    favourites,
    toggle,
    panel,
  );
  element.onkeydown = ({ key }) => {
    if (key !== 'Escape' || toggle.ariaExpanded !== 'true') return;
    unfold(false);
    toggle.focus();
  };
  document.addEventListener('pointerdown', ({ target }) => {
    if (!element.contains(target as Node)) unfold(false);
  });

  function unfold(isOpen: boolean): void {
    toggle.ariaExpanded = String(isOpen);
    panel.classList.toggle('open', isOpen);
  }
  function read(): void {
    change({
      ...{ words: words.value, model: model.value, state: state.value, favourites: filter.favourites },
      ...{ from: from.value, to: to.value },
    });
  }
  function change(changed: Filter): void {
    filter = changed;
    write();
    if (!isDue) requestAnimationFrame(tell);
    isDue = true;
  }
  function tell(): void {
    isDue = false;
    onChange();
  }
  function clear(): void {
    change(NO_FILTER);
    words.focus();
  }
  /** Has the fields say what the filter is; one that does already is not touched, as the caret may be in it. */
  function write(): void {
    const values = [words, model, state, from, to] as const;
    const fields = [filter.words, filter.model, filter.state, filter.from, filter.to];
    values.forEach((field, at) => {
      if (field.value !== fields[at]) field.value = fields[at] ?? '';
    });
    favourites.ariaPressed = String(filter.favourites);
    const folded = fields.slice(1).filter(Boolean).length;
    mark.textContent = folded ? String(folded) : '';
    toggle.ariaLabel = folded ? `Filters, ${folded} set` : 'Filters';
    reset.hidden = folded === 0 && !filter.words && !filter.favourites;
  }

  unfold(false);
  write();
  return {
    element,
    get: (): Filter => filter,
    clear,
    /** As the address says: nobody is told. */
    set(given: Filter): void {
      filter = given;
      offer(model, 'All models', [filter.model], titleOf);
      offer(state, 'All states', [filter.state], labelOf);
      write();
    },
    /** Offers the models and states that occur, and those that are chosen. */
    offer(jobs: readonly GalleryJob[]): void {
      const states = new Set<string>(jobs.map(({ status }) => status));
      const groups = Object.keys(GROUPS).filter((group) =>
        GROUPS[group]?.states.some((name) => states.has(name)),
      );
      offer(model, 'All models', [filter.model, ...jobs.map((job) => job.model)], titleOf);
      offer(state, 'All states', [...groups, filter.state], labelOf);
      write();
    },
  };
}

const labelOf = (state: string): string => GROUPS[state]?.label ?? state;

/** Offers each value once; an open menu is left alone if nothing is new. */
function offer(select: HTMLSelectElement, all: string, values: string[], label: (value: string) => string) {
  const offered = ['', ...new Set(values.filter(Boolean))];
  if (offered.join('\n') === [...select.options].map(({ value }) => value).join('\n')) return;
  select.replaceChildren(...offered.map((value) => new Option(value ? label(value) : all, value)));
}
