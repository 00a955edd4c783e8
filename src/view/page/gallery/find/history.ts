import type { Shown } from '../viewer/sequence.ts';
import { type Address, formatAddress, parseAddress } from './address.ts';
import type { Filter } from './filter.ts';

/** What the address is kept in step with. */
export interface Place {
  filter(): Filter;
  /** The reader went back or forth, or changed the address. */
  onAddress(address: Address): void;
}

/**
 * Keeps the address in step with the page. An open picture is an entry of its own in the history, so that the back
 * button closes it.
 */
export function createHistory({ filter, onAddress }: Place) {
  let shown: Shown | undefined;
  /** On the way back to the list, which takes a moment. */
  let isLeaving = false;

  const isOwnEntry = () => (history.state as { isOpened?: boolean } | null)?.isOpened === true;
  const write = () => {
    history.replaceState(history.state, '', formatAddress({ filter: filter(), show: shown }));
  };
  const push = () => {
    history.pushState({ isOpened: true }, '', formatAddress({ filter: filter(), show: shown }));
  };

  window.addEventListener('popstate', () => {
    if (isLeaving) {
      isLeaving = false;
      // In the meantime another one was opened.
      if (shown) push();
      else write();
      return;
    }
    const address = parseAddress(location.hash);
    shown = address.show;
    onAddress(address);
  });

  return {
    read: (): Address => parseAddress(location.hash),
    /** The filter has changed. */
    write,
    /** Another picture is shown, or none. */
    onShow(next: Shown | undefined): void {
      const before = shown;
      shown = next;
      if (isLeaving) return;
      if (next && !before) push();
      else if (next) write();
      else if (before && isOwnEntry()) {
        isLeaving = true;
        history.back();
      } else if (before) write();
    },
    /** What the address shows already is opened. */
    begin(show: Shown): void {
      shown = show;
    },
  };
}
