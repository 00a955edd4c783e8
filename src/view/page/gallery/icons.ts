import './icons.css';
import { copy, h } from '../shared/dom.ts';

const ICONS = {
  close: 'M6 6l12 12M18 6 6 18',
  previous: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  heart:
    'M12 20.3C6 15.6 3.2 12.5 3.2 9.1c0-2.7 2.1-4.7 4.6-4.7 1.7 0 3.3.9 4.2 2.5.9-1.6 2.5-2.5 4.2-2.5 2.5 0 4.6 2 4.6 4.7 0 3.4-2.8 6.5-8.8 11.2z',
  download: 'M12 4v11m-5-4.5 5 5 5-5M5 20h14',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13m-8 4v5m4-5v5',
  info: 'M12 11v5.5M12 7.6v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  copy: 'M9 9h11v11H9zM5.5 15H4V4h11v1.5',
  check: 'M5 12.5l5 5L19.5 7',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20',
  filters: 'M4 7h16M7 12h10M10 17h4',
  keys: 'M3 6.5h18v11H3zM6.5 10h.1m3.6 0h.1m3.5 0h.1m3.5 0h.1M8 14h8',
  image: 'M4 5h16v14H4zm0 11 5-5 4.5 4.5M13 15l3-3 4 4M15.5 8.6v.1',
  video: 'M4 5h16v14H4zm6 4 5 3-5 3z',
  audio:
    'M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zm10-2a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
  '3d': 'M12 3l8 4.5v9L12 21l-8-4.5v-9zm0 9 8-4.5M12 12 4 7.5m8 4.5v9',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 4.5V12l3 2.5',
  alert: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 4.5v5.5m0 3.2v.1',
  cancelled: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.7 5.7l12.6 12.6',
  question: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.6 9.6a2.4 2.4 0 1 1 3.5 2.2c-.8.4-1.1.9-1.1 1.7m0 2.7v.1',
} as const;
export type Icon = keyof typeof ICONS;

const SVG = 'http://www.w3.org/2000/svg';
// In ms.
const SAID = 1_500;

/** A drawing in the colour of the text beside it, unheard by screen readers. */
export function icon(name: Icon): SVGSVGElement {
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name]);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(path);
  return svg;
}

/** A button with a drawing that copies a text and says whether that worked. */
export function copyIcon(label: string, textOf: () => string): HTMLButtonElement {
  const say = (name: Icon, text: string) => {
    button.replaceChildren(icon(name));
    button.ariaLabel = text;
    button.title = text;
  };
  const onclick = async () => {
    if (await copy(textOf())) say('check', 'Copied');
    else say('copy', 'Copying is not allowed here');
    setTimeout(() => say('copy', label), SAID);
  };
  const button = h('button.round', { onclick });
  say('copy', label);
  return button;
}
