import { h } from '../../shared/dom.ts';
import { dayTitle, sumWords } from './days.ts';
import type { Box, Section } from './layout.ts';
import { createStrip } from './strip.ts';
import { createTile, type Item, type TileOptions } from './tile.ts';

// In screens above and below what is seen: nothing is empty while it is scrolled past.
const MARGIN = 1;

interface ShownSection {
  element: HTMLElement;
  title: HTMLElement;
  sums: HTMLElement;
  items: HTMLElement;
  section?: Section;
}

interface ShownItem extends Item {
  box?: Box;
  tick?(): void;
}

/** Keeps in the document what is near the screen, with the elements that are there already. */
export function createSections(list: HTMLElement, options: TileOptions) {
  const days = new Map<string, ShownSection>();
  const items = new Map<string, ShownItem>();

  function itemOf(box: Box, at: number, { top, boxes }: Section): ShownItem {
    let item = items.get(box.key);
    if (!item) {
      item = box.index < 0 ? createStrip(box.job, { ...options, now: Date.now }) : createTile(box, options);
      item.element.dataset.key = box.key;
      items.set(box.key, item);
    }
    if (item.box === box) return item;
    if (item.box && item.box.job !== box.job) item.update(box.job);
    item.box = box;
    const { element } = item;
    element.ariaPosInSet = String(at + 1);
    element.ariaSetSize = String(boxes.length);
    element.style.left = `${box.x}px`;
    element.style.top = `${box.y - top}px`;
    element.style.width = `${box.width}px`;
    element.style.height = `${box.height}px`;
    return item;
  }

  function sectionOf(section: Section): ShownSection {
    const { day, top, height } = section;
    const shown = days.get(day.date) ?? emptySection(day.date);
    if (shown.section === section) return shown;
    shown.section = section;
    shown.title.textContent = dayTitle(day.date, new Date());
    shown.sums.textContent = sumWords(day.jobs);
    shown.element.style.top = `${top}px`;
    shown.element.style.height = `${height}px`;
    days.set(day.date, shown);
    return shown;
  }

  /** Shows what is near the screen, and what has the focus; returns the key of the box that the Tab key leads to. */
  function show(sections: readonly Section[], active: string | undefined): string | undefined {
    const start = -list.getBoundingClientRect().top;
    const screen = window.innerHeight;
    const isNear = (y: number, height: number) =>
      y + height > start - MARGIN * screen && y < start + (1 + MARGIN) * screen;
    const isSeen = ({ y, height }: Box) => y + height > start && y < start + screen;
    const focused = list.contains(document.activeElement) ? active : undefined;
    const isWanted = (box: Box) => box.key === focused || isNear(box.y, box.height);
    const wanted = new Set<string>();
    const near: HTMLElement[] = [];
    let stop: string | undefined;
    for (const section of sections) {
      const { top, height, boxes } = section;
      if (!isNear(top, height) && !boxes.some(({ key }) => key === focused)) continue;
      const shown = sectionOf(section);
      const inside: HTMLElement[] = [];
      boxes.forEach((box, at) => {
        if (!isWanted(box)) return;
        wanted.add(box.key);
        inside.push(itemOf(box, at, section).element);
        if (box.key === active || (!stop && isSeen(box))) stop = box.key;
      });
      fill(shown.items, inside);
      near.push(shown.element);
    }
    for (const [key, item] of items) {
      setTabStop(item.element, key === stop);
      if (wanted.has(key)) continue;
      item.remove();
      items.delete(key);
    }
    for (const [date, { element }] of days) if (!near.includes(element)) days.delete(date);
    fill(list, near);
    return stop ?? active;
  }

  return {
    show,
    target: (key: string): HTMLElement | undefined => items.get(key)?.target,
    /** The box that an element is in. */
    keyOf: (element: HTMLElement): string | undefined =>
      element.closest<HTMLElement>('[data-key]')?.dataset.key,
    /** Has tiles made anew when they are shown next. */
    renew(keys: readonly string[]): void {
      for (const key of keys) {
        items.get(key)?.remove();
        items.delete(key);
      }
    },
    /** A second has passed. */
    tick(): void {
      for (const { tick } of items.values()) tick?.();
    },
  };
}

function emptySection(date: string): ShownSection {
  const title = h('h2', { id: `day-${date}` });
  const sums = h('p.sums');
  const items = h('ul', { role: 'list' });
  items.setAttribute('aria-labelledby', title.id);
  const element = h('section', {}, h('div.day', {}, title, sums), items);
  return { element, title, sums, items };
}

/** Has just these children, in this order; what stays is not touched, so that it keeps the focus. */
function fill(parent: HTMLElement, children: readonly HTMLElement[]): void {
  const wanted = new Set<Element>(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}

function setTabStop(element: HTMLElement, isStop: boolean): void {
  for (const target of element.querySelectorAll<HTMLElement>('button, a')) target.tabIndex = isStop ? 0 : -1;
}
