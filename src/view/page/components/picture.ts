import { KINDS, type Picture } from '../job.ts';
import { copyButton, h } from './dom.ts';

/** Opens a URL outside of the page; without it, links open by themselves. */
export type OpenLink = (url: string) => void;

/** One picture with what can be done with its URL, in the likely proportions until the image tells its own. */
export function pictureFigure(picture: Picture, alt: string, likely?: number, open?: OpenLink): HTMLElement {
  const { url, kind, trusted, width, height } = picture;
  const copy = copyButton('Copy URL', url);
  if (trusted === false || !isWebUrl(url)) {
    const why = h('p', {}, 'Not shown: this URL is not on a RunComfy host.');
    return h('figure.withheld', {}, why, h('code', {}, url), copy);
  }
  const size = h('span.fine.size');
  const link = h('a', { href: url, target: '_blank', rel: 'noreferrer' }, 'Open');
  if (open)
    link.onclick = (event) => {
      event.preventDefault();
      open(url);
    };
  const caption = h('figcaption.row', {}, size, link, copy);
  if (kind) return h('figure', {}, h('div.frame', {}, h('p.missing.dim', {}, KINDS[kind])), caption);
  const image = imageOf(picture, alt);
  const figure = h('figure', {}, h('div.frame', {}, image), caption);
  const show = (wide: number, high: number) => {
    setAspect(figure, wide / high);
    // A preview has the original's proportions, but not its size.
    if (width || image.src === url) size.textContent = `${wide} × ${high}`;
  };
  setAspect(figure, likely);
  if (width && height) show(width, height);
  image.onload = () => {
    image.className = 'loaded';
    if (!width) show(image.naturalWidth, image.naturalHeight);
  };
  return figure;
}

/** Stands in for a picture that is being made. */
export function waitingFigure(likely?: number): HTMLElement {
  const figure = h('figure', {}, h('div.frame', {}, h('i')));
  setAspect(figure, likely);
  return figure;
}

const setAspect = (figure: HTMLElement, aspect = 1) => figure.style.setProperty('--aspect', String(aspect));

/** An image that falls back to its preview, and then to words. */
function imageOf({ url, thumbnail = url, fallback }: Picture, alt: string): HTMLImageElement {
  const image = h('img', { alt, src: thumbnail });
  image.onerror = () => {
    if (fallback && image.src !== fallback) image.src = fallback;
    else image.replaceWith(h('p.missing.dim', {}, 'The image cannot be shown here.'));
  };
  return image;
}

const isWebUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
