import { h } from '../shared/dom.ts';

/** What stands in place of the list where there is nothing in it. */
export function createEmpty(onClear: () => void) {
  const element = h('div.empty', { hidden: true });
  return {
    element,
    show({ isEmpty, isFiltered }: { isEmpty: boolean; isFiltered: boolean }): void {
      element.hidden = !isEmpty;
      element.replaceChildren(...(!isEmpty ? [] : isFiltered ? nothingFits(onClear) : nothingYet()));
    },
  };
}

function nothingFits(onClear: () => void): Node[] {
  return [h('p', {}, 'No picture fits.'), h('button.main', { onclick: onClear }, 'Clear the filters')];
}

function nothingYet(): Node[] {
  return [
    h('h2', {}, 'Your pictures will appear here'),
    h('p.dim', {}, 'Ask the assistant that you connected for one, in your own words:'),
    h('p.example', {}, '“Make a picture of a lighthouse at dusk, as a watercolour.”'),
    h('p.dim', {}, 'It shows up here by itself while it is being made, and stays.'),
  ];
}
