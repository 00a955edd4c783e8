import type { Shown } from '../viewer/sequence.ts';
import { type Filter, GROUPS, NO_FILTER } from './filter.ts';

/** What the address of the page says: what is looked for, and which picture is open. */
export interface Address {
  filter: Filter;
  show?: Shown | undefined;
}

const MAX_WORDS = 500;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** Reads the part of an address from its `#`. What makes no sense there is as if it were absent. */
export function parseAddress(hash: string): Address {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const day = (name: string) => {
    const text = fields.get(name) ?? '';
    return DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : '';
  };
  const state = fields.get('state') ?? '';
  const [, id, index] = /^([\w-]{1,100}),(\d{1,4})$/.exec(fields.get('show') ?? '') ?? [];
  return {
    filter: {
      words: (fields.get('q') ?? '').slice(0, MAX_WORDS),
      model: (fields.get('model') ?? '').slice(0, MAX_WORDS),
      state: Object.hasOwn(GROUPS, state) ? state : '',
      favourites: fields.get('favourites') === '1',
      from: day('from'),
      to: day('to'),
    },
    show: id === undefined ? undefined : { id, index: Number(index) },
  };
}

/** The part of an address from its `#`; only that if there is nothing to say. */
export function formatAddress({ filter, show }: Address): string {
  const { words, favourites, ...others } = { ...NO_FILTER, ...filter };
  const fields = {
    q: words,
    ...others,
    favourites: favourites ? '1' : '',
    show: show ? `${show.id},${show.index}` : '',
  };
  return `#${new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== ''))}`;
}
