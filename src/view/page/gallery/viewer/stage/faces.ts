import type { GalleryOutput, Problem } from '../../../../gallery-api.ts';
import { h } from '../../../shared/dom.ts';
import { KINDS } from '../../../shared/job.ts';
import { type Icon, icon } from '../../icons.ts';
import { isForGood, problemAt, titleOfProblem } from './problem.ts';

/** What stands on the stage where there is nothing to see. */
export const face = (drawing: Icon, title: string, ...more: (Node | string)[]): HTMLElement =>
  h('div.blank', {}, icon(drawing), h('p.blank-title', {}, title), ...more);

/** Why something is not shown, with another try where that may help. */
export const problemFace = (kind: GalleryOutput['kind'], problem: Problem, again: () => void): HTMLElement =>
  face(
    kind,
    titleOfProblem(problem, kind),
    h('p', {}, problem.error),
    ...(isForGood(problem) ? [] : [h('button', { onclick: again }, 'Try again')]),
  );

/** A video or a sound that plays in place, or a word about a 3D model. */
export function mediaFace(
  kind: Exclude<GalleryOutput['kind'], 'image'>,
  url: string,
  signal: AbortSignal,
): HTMLElement {
  if (kind === '3d') {
    const link = h('a.main', { href: `${url}?download`, download: '' }, 'Download it');
    return face('3d', KINDS['3d'], h('p', {}, 'Open it in a program for 3D models.'), link);
  }
  const place = h('div.media');
  const play = () => {
    const media = h(kind, { controls: true, preload: 'metadata', src: url, ariaLabel: KINDS[kind] });
    media.onerror = () => {
      problemAt(url, signal).then(
        (problem) => place.replaceChildren(problemFace(kind, problem, play)),
        () => {},
      );
    };
    media.setAttribute('playsinline', '');
    place.replaceChildren(kind === 'audio' ? face('audio', KINDS.audio, media) : media);
  };
  signal.addEventListener('abort', () => {
    // Out of the page it stops to play, but not to load.
    const media = place.querySelector<HTMLMediaElement>('video, audio');
    if (!media) return;
    media.onerror = null;
    media.removeAttribute('src');
    media.load();
  });
  play();
  return place;
}
