import './stage.css';
import type { GalleryJob, GalleryOutput } from '../../../../gallery-api.ts';
import { h } from '../../../shared/dom.ts';
import { originalUrl, pictureUrl } from '../../records.ts';
import type { Shown } from '../sequence.ts';
import { face, mediaFace } from './faces.ts';
import { createImages } from './images.ts';
import { createMotion } from './motion.ts';
import { type PictureOptions, showPicture } from './picture.ts';
import { createStateFace } from './state.ts';

/** An output as the stage shows it, or a job that has none. */
export interface Staged extends Shown {
  job: GalleryJob;
  output?: GalleryOutput | undefined;
  /** For those who do not see it. */
  alt: string;
  /** Width / height, as its input asks for. */
  aspect?: number | undefined;
}

export type StagedOutput = Staged & { output: GalleryOutput };

export interface StageOptions {
  /** Whether there is a picture before or after this one. */
  canStep(step: number): boolean;
  /** A swipe leads to another picture. */
  onStep(step: -1 | 1): void;
}

export type Stage = ReturnType<typeof createStage>;

/** Where one output is shown, as large as fits, and can be zoomed. */
export function createStage(options: StageOptions) {
  const element = h('div.stage');
  const images = createImages();
  const motion = createMotion(element, options);
  let shown = new AbortController();
  let state: ReturnType<typeof createStateFace> | undefined;

  function clear(): AbortSignal {
    shown.abort();
    shown = new AbortController();
    motion.reset();
    state = undefined;
    return shown.signal;
  }

  function show(staged: Staged, neighbours: readonly Staged[]): void {
    const signal = clear();
    const { id, index, job, output } = staged;
    const wanted = [staged, ...neighbours].filter(isPicture);
    images.keep(wanted.flatMap((one) => [pictureUrl(one.id, one.index), originalUrl(one.id, one.index)]));
    element.classList.toggle('still', isPicture(staged));
    if (isPicture(staged)) {
      const again = () => show(staged, neighbours);
      const picture: PictureOptions = { staged, images, signal, again, onWhole: preload };
      element.replaceChildren(...showPicture(picture));
      motion.take(element.querySelector<HTMLElement>('.print'), { canZoom: true });
    } else {
      const words = wordsOf(output);
      element.replaceChildren(words);
      motion.take(words, { canZoom: false });
    }

    function wordsOf(output: GalleryOutput | undefined): HTMLElement {
      if (!output) {
        state = createStateFace(job, signal);
        return state.element;
      }
      if (output.trusted === false || output.kind === 'image')
        return face(
          output.kind,
          'Not shown',
          h('p', {}, 'It does not lie with RunComfy, and so it is not loaded.'),
        );
      return mediaFace(output.kind, originalUrl(id, index), signal);
    }

    /** What is likely to be seen next is loaded once this one is there. */
    function preload(): void {
      for (const [place, one] of neighbours.filter(isPicture).entries()) {
        images.load(pictureUrl(one.id, one.index));
        if (place === 0) images.load(originalUrl(one.id, one.index));
      }
    }
  }

  return {
    element,
    /** The neighbours in the order in which they are likely to be seen. */
    show,
    /** The job without a picture that is shown has changed. */
    update: (job: GalleryJob): void => state?.update(job),
    /** Says why there is nothing to show. */
    say(title: string): void {
      clear();
      element.classList.remove('still');
      element.replaceChildren(face('image', title));
    },
    clear(): void {
      clear();
      images.keep([]);
      element.replaceChildren();
    },
    isZoomed: motion.isZoomed,
    /** Zooms around the middle. */
    zoom: motion.zoom,
    reset: motion.reset,
  };
}

const isPicture = (staged: Staged): staged is StagedOutput =>
  staged.output?.kind === 'image' && staged.output.trusted !== false;
