import { copyButton, make } from './dom.ts';
import { isWebUrl, type Picture } from './job.ts';

/** Opens a URL outside of the page; without it, links open by themselves. */
export type Open = (url: string) => void;

/**
 * One picture with its true proportions, and what can be done with its URL. Until the image tells them itself, the
 * proportions are those of `likely`, width by height.
 */
export function pictureFigure(picture: Picture, name: string, likely = 1, open?: Open): HTMLElement {
  const { url, trusted, width, height } = picture;
  const copy = copyButton('Copy URL', url);
  if (trusted === false || !isWebUrl(url)) {
    const why = make('p', '', 'Not shown: this URL is not on a RunComfy host.');
    return make('figure', 'withheld', why, make('code', '', url), copy);
  }
  const size = make('span', 'size');
  const link = Object.assign(make('a', '', 'Open'), { href: url, target: '_blank', rel: 'noreferrer' });
  if (open) {
    link.onclick = (event) => {
      event.preventDefault();
      open(url);
    };
  }
  const image = imageOf(picture, name);
  const figure = make('figure', '', make('div', 'frame', image), make('figcaption', '', size, link, copy));
  const show = (wide: number, high: number) => {
    setShape(figure, wide / high);
    // A preview has the original's proportions, but not its size.
    if (width || image.src === url) size.textContent = `${wide} × ${high}`;
  };
  setShape(figure, likely);
  if (width && height) show(width, height);
  image.onload = () => {
    image.className = 'loaded';
    if (!width) show(image.naturalWidth, image.naturalHeight);
  };
  return figure;
}

/** Stands where a picture will be. */
export function waitingFigure(likely = 1): HTMLElement {
  const figure = make('figure', '', make('div', 'frame', make('i')));
  setShape(figure, likely);
  return figure;
}

const setShape = (figure: HTMLElement, shape: number) => figure.style.setProperty('--shape', String(shape));

/** An image that falls back on its preview, and then on words. */
function imageOf({ url, thumbnail = url, fallback }: Picture, alt: string): HTMLImageElement {
  const image = Object.assign(make('img'), { alt, src: thumbnail });
  image.onerror = () => {
    if (fallback && image.src !== fallback) image.src = fallback;
    else image.replaceWith(make('p', 'missing', 'The image cannot be shown here.'));
  };
  return image;
}
