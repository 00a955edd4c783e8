import './list.css';
import type { GalleryJob } from '../../../gallery-api.ts';
import { h } from '../../shared/dom.ts';
import { dateOf, daysOf } from './days.ts';
import { boxAfter } from './keys.ts';
import { type Box, keyOf, layOut, type Section } from './layout.ts';
import { createPlace } from './place.ts';
import { createSections } from './sections.ts';
import { HEADER, spaceFor } from './space.ts';
import { createThumbnails } from './thumbnails.ts';

export interface ListOptions {
  onOpen(id: string, index: number): void;
  onFavourite(job: GalleryJob): void;
}

const SECOND = 1_000;
// Off a known proportion by this much, a picture is laid out anew.
const MIN_CHANGE = 0.01;

/** Jobs by day, as rows of their pictures. Only what is near the screen is in the document. */
export function createList(options: ListOptions) {
  const element = h('div.list');
  const thumbnails = createThumbnails();
  const keepPlace = createPlace(element);
  const aspects = new Map<string, number>();
  let jobs: readonly GalleryJob[] = [];
  let sections: Section[] = [];
  let boxes: Box[] = [];
  /** The box that the Tab key leads to, as long as it is near. */
  let active: string | undefined;
  let width = 0;
  let today = '';
  let isDue = false;

  const view = createSections(element, { ...options, thumbnails, onAspect });

  function aspectOf(job: GalleryJob, index: number): number {
    const { width, height, kind } = job.outputs[index] ?? {};
    if (width && height) return width / height;
    return aspects.get(keyOf(job.id, index)) ?? job.aspect ?? (kind === 'video' ? 16 / 9 : 1);
  }

  function onAspect({ job, index, key }: Box, aspect: number): void {
    if (Math.abs(aspect / aspectOf(job, index) - 1) < MIN_CHANGE) return;
    aspects.set(key, aspect);
    // Pictures come many at a time.
    if (!isDue) requestAnimationFrame(arrange);
    isDue = true;
  }

  /** Lays everything out, and keeps in place what one is looking at. */
  function arrange(): void {
    isDue = false;
    width = element.clientWidth;
    if (width === 0) return;
    const now = new Date();
    today = dateOf(now);
    const before = boxes;
    const restore = keepPlace(before);
    const focused = element.contains(document.activeElement)
      ? boxes.findIndex(({ key }) => key === active)
      : -1;
    sections = layOut(daysOf(jobs), spaceFor(width), aspectOf);
    boxes = sections.flatMap((section) => section.boxes);
    const last = sections.at(-1);
    element.style.height = `${last ? last.top + last.height : 0}px`;
    restore(boxes);
    const isGone = focused >= 0 && !boxes.some(({ key }) => key === active);
    // A job that waited may have its picture now.
    const same = boxes.find(({ job }) => job.id === before[focused]?.job.id);
    if (isGone) active = (same ?? boxes[Math.min(focused, boxes.length - 1)])?.key;
    render();
    if (isGone) focusActive();
  }

  const focusActive = () => view.target(active ?? '')?.focus({ preventScroll: true });

  function render(): void {
    active = view.show(sections, active);
  }

  function reveal(box: Box): void {
    const top = element.getBoundingClientRect().top + box.y;
    const least = HEADER + spaceFor(width).heading;
    const below = Math.min(top - least, top + box.height + spaceFor(width).gap - window.innerHeight);
    const by = top < least ? top - least : Math.max(0, below);
    window.scrollBy({ top: by, behavior: 'instant' });
    active = box.key;
    render();
    focusActive();
  }

  element.onkeydown = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const from = boxes.find(({ key }) => key === active);
    const to = from && boxAfter(boxes, from, event.key, window.innerHeight - HEADER);
    if (!to) return;
    event.preventDefault();
    reveal(to);
  };
  element.addEventListener('focusin', ({ target }) => {
    active = view.keyOf(target as HTMLElement) ?? active;
    render();
  });
  window.addEventListener('scroll', render, { passive: true });
  window.addEventListener('resize', render);
  // Its height changes with each layout.
  new ResizeObserver(() => element.clientWidth !== width && arrange()).observe(element);
  setInterval(() => (dateOf(new Date()) === today ? view.tick() : arrange()), SECOND);

  return {
    element,
    show(shown: readonly GalleryJob[]): void {
      jobs = shown;
      arrange();
    },
    /** Brings a picture, or a job without one, into view and gives it the focus. */
    focus(id: string, index: number): void {
      const keys = [keyOf(id, index), keyOf(id, -1)];
      const box = boxes.find(({ key }) => keys.includes(key));
      if (box) reveal(box);
    },
    /** Tries again what the network kept away, and what these jobs could not show. */
    retry(ids: readonly string[] = []): void {
      const isMeant = (key: string) => ids.some((id) => key.startsWith(`${id}/`));
      const isFocused = element.contains(document.activeElement);
      view.renew(thumbnails.forget((key, { reason }) => reason === 'network' || isMeant(key)));
      render();
      if (isFocused) focusActive();
    },
  };
}
