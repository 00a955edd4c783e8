import { h } from '../../../shared/dom.ts';
import { type Icon, icon } from '../../icons.ts';

/** A heading, or what to do by its name. */
export type MenuEntry = string | [label: string, run: () => void, isOffered: () => boolean];

/** A button that opens a menu. */
export function createMenu(drawing: Icon, label: string, entries: readonly MenuEntry[]) {
  const button = h('button', { title: label, ariaHasPopup: 'menu' }, icon(drawing), h('span', {}, label));
  const items: { item: HTMLButtonElement; isOffered(): boolean }[] = [];
  const list = h('div.menu', { role: 'menu', ariaLabel: label, hidden: true });
  for (const entry of entries) {
    if (typeof entry === 'string') {
      list.append(h('p', { role: 'presentation' }, entry));
      continue;
    }
    const [name, run, isOffered] = entry;
    const onclick = () => {
      close();
      run();
    };
    const item = h('button', { role: 'menuitem', tabIndex: -1, onclick }, name);
    items.push({ item, isOffered });
    list.append(item);
  }

  function open(): void {
    for (const { item, isOffered } of items) item.hidden = !isOffered();
    list.hidden = false;
    button.ariaExpanded = 'true';
    move(0);
  }

  /** Returns whether it was open. */
  function close(): boolean {
    if (list.hidden) return false;
    if (list.contains(document.activeElement)) button.focus();
    list.hidden = true;
    button.ariaExpanded = 'false';
    return true;
  }

  button.ariaExpanded = 'false';
  button.onclick = () => (list.hidden ? open() : close());
  const element = h('div.holder', {}, button, list);
  const offered = () => items.filter(({ item }) => !item.hidden).map(({ item }) => item);
  const move = (to: number) =>
    offered()
      .at(to % offered().length)
      ?.focus();
  const place = () => offered().indexOf(document.activeElement as HTMLButtonElement);
  const keys: Record<string, () => void> = {
    ArrowDown: () => move(place() + 1),
    ArrowUp: () => move(place() - 1),
    Home: () => move(0),
    End: () => move(-1),
    Escape: close,
    ArrowLeft() {},
    ArrowRight() {},
  };
  element.onkeydown = (event) => {
    const act = keys[event.key];
    if (list.hidden || !act) return;
    // These keys mean other things to the viewer.
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  element.addEventListener('focusout', ({ relatedTarget }) => {
    if (!element.contains(relatedTarget as Node | null)) close();
  });
  return { element, close };
}
