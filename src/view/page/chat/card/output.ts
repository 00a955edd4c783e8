import { h } from '../../shared/dom.ts';
import type { Host } from '../host.ts';
import type { Output } from '../job.ts';

/** Whether it may be loaded and linked. */
export const isSafe = ({ url, trusted }: Output): boolean => trusted !== false && /^https?:/.test(url);

/** An image in the likely proportions until it tells its own. Where it cannot be loaded: its preview, or words. */
export function imageOf({ url, preview, width, height }: Output, aspect: number, onGone: () => void) {
  const image = h('img', { alt: '', src: url });
  const frame = frameOf(width && height ? width / height : aspect, image);
  image.onload = () => {
    image.className = 'loaded';
    setAspect(frame, image.naturalWidth / image.naturalHeight);
  };
  image.onerror = () => {
    if (preview && image.src !== preview) image.src = preview;
    else {
      image.replaceWith('It cannot be shown here.');
      onGone();
    }
  };
  return frame;
}

/** What is heard or played, in place. */
export function playerOf(kind: 'video' | 'audio', src: string, ariaLabel: string): HTMLElement {
  const player = h(kind, { src, controls: true, ariaLabel });
  player.onerror = () => player.replaceWith(h('p.dim', {}, 'It cannot be played here.'));
  return player;
}

/** A frame in the proportions of a picture, with that or with a word. */
export function frameOf(aspect: number, content: Node | string): HTMLElement {
  const frame = h('span.frame.dim', {}, content);
  setAspect(frame, aspect);
  return frame;
}

function setAspect(frame: HTMLElement, aspect: number): void {
  frame.style.setProperty('--aspect', String(aspect));
  // In a tall one there is room beside it.
  frame.classList.toggle('tall', aspect < 1);
}

/** A link that the host opens, if it opens links. */
export function linkTo(host: Host, url: string, ...children: (Node | string)[]): HTMLAnchorElement {
  const link = h('a', { href: url, target: '_blank', rel: 'noreferrer' }, ...children);
  link.onclick = (event) => {
    if (!host.can.openLinks) return;
    event.preventDefault();
    void open(host, url);
  };
  return link;
}

/** Has the host open an address in the browser. */
export const open = (host: Host, url: string): Promise<boolean> => host.does('ui/open-link', { url });
