import { h } from '../../../shared/dom.ts';
import { originalUrl, pictureUrl } from '../../records.ts';
import { problemFace } from './faces.ts';
import { type createImages, decoded } from './images.ts';
import { problemAt } from './problem.ts';
import type { StagedOutput } from './stage.ts';

export interface PictureOptions {
  staged: StagedOutput;
  images: ReturnType<typeof createImages>;
  /** Aborted when something else is shown. */
  signal: AbortSignal;
  again(): void;
  /** The original is there. */
  onWhole(): void;
}

// In ms. Who leafs through quickly does not have all originals fetched.
const REST = 150;

/** A picture: small at once, then the original in its place; or why it is not there, in the end. */
export function showPicture({ staged, images, signal, again, onWhole }: PictureOptions): HTMLElement[] {
  const { id, index, output, alt, aspect } = staged;
  const [smallUrl, wholeUrl] = [pictureUrl(id, index), originalUrl(id, index)];
  const box = h('div.print', {}, h('i'));
  const note = h('p.remark', { hidden: true });
  const known = output.width && output.height ? output.width / output.height : undefined;
  const setAspect = (value: number) => box.style.setProperty('--aspect', String(value));
  setAspect(known ?? aspect ?? 1);

  function put(image: HTMLImageElement): void {
    image.alt = alt;
    image.className = 'loaded';
    if (!known) setAspect(image.naturalWidth / image.naturalHeight);
    box.classList.add('there');
    box.replaceChildren(image);
  }

  function putWhole(image: HTMLImageElement): void {
    put(image);
    box.classList.add('whole');
    note.hidden = true;
    onWhole();
  }

  async function load(): Promise<void> {
    const small = images.load(smallUrl);
    if (images.loaded(smallUrl)) put(small);
    const gotSmall = decoded(small).then((isThere) => {
      if (!signal.aborted && isThere && !box.classList.contains('whole')) put(small);
      return isThere;
    });
    await new Promise((resolve) => setTimeout(resolve, REST));
    if (signal.aborted) return;
    const whole = images.load(wholeUrl);
    const isThere = await decoded(whole);
    if (signal.aborted) return;
    if (isThere) return putWhole(whole);
    images.forget(wholeUrl);
    const problem = await problemAt(wholeUrl, signal);
    const hasSmall = await gotSmall;
    if (signal.aborted) return;
    if (hasSmall) {
      note.hidden = false;
      note.textContent = `Only this small version can be shown. ${problem.error}`;
      return;
    }
    images.forget(smallUrl);
    box.replaceWith(problemFace('image', problem, again));
  }

  const whole = images.loaded(wholeUrl);
  if (whole) putWhole(whole);
  // It only rejects once something else is shown.
  else load().catch(() => {});
  return [box, note];
}
