import { h } from '../shared/dom.ts';

export interface PageOptions {
  /** Beside the title. */
  header: HTMLElement[];
  main: HTMLElement[];
  /** What lies over the page. */
  above: HTMLElement[];
}

/** Puts everything in its place; returns the line below the title. */
export function createPage({ header, main: content, above }: PageOptions): { summary: HTMLElement } {
  const summary = h('p.summary');
  const main = h('main', { id: 'pictures', tabIndex: -1 }, ...content);
  const skip = h('a.skip', { href: '#pictures' }, 'Skip to the pictures');
  // The address of the page is for what is shown.
  skip.onclick = (event) => {
    event.preventDefault();
    main.focus();
  };
  const title = h('div.title', {}, h('h1', {}, 'Pictures'), summary);
  document.body.append(skip, h('header', {}, title, ...header), main, ...above);
  return { summary };
}
