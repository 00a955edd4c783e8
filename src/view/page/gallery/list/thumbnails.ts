import type { Problem } from '../../../gallery-api.ts';
import { fetchProblem, pictureUrl } from '../records.ts';
import { keyOf } from './layout.ts';

export type Thumbnails = ReturnType<typeof createThumbnails>;

/** The same thumbnail in a tile: an image, or why there is none. */
export interface ThumbnailHooks {
  /** It is there: its width / height. */
  onLoad(aspect: number): void;
  onProblem(words: string): void;
}

const WORDS: Partial<Record<NonNullable<Problem['reason']>, string>> = {
  'not kept': 'No longer kept, and its link has expired',
  expired: 'Not kept, and its link has expired',
  network: 'Cannot be loaded right now',
  'not trusted': 'Not shown: it is not on a RunComfy host',
};

/** Loads the small pictures, and remembers what came of that while tiles come and go. */
export function createThumbnails() {
  const problems = new Map<string, Problem>();
  const loaded = new Set<string>();

  return {
    /** Loads a picture into an image of its own; the function that is returned gives it up. */
    load(
      image: HTMLImageElement,
      id: string,
      index: number,
      { onLoad, onProblem }: ThumbnailHooks,
    ): () => void {
      const key = keyOf(id, index);
      let isGivenUp = false;
      let hasFailed = false;
      const say = (problem: Problem) => onProblem((problem.reason && WORDS[problem.reason]) || problem.error);
      image.onload = () => {
        // What was seen before is there at once.
        image.classList.add(loaded.has(key) ? 'known' : 'loaded', 'loaded');
        loaded.add(key);
        onLoad(image.naturalWidth / image.naturalHeight);
      };
      image.onerror = async () => {
        const problem = await fetchProblem(id, index);
        if (isGivenUp) return;
        // It was there the second time.
        if (!problem && !hasFailed) {
          hasFailed = true;
          image.src = pictureUrl(id, index);
          return;
        }
        const known = problem ?? { error: 'This picture cannot be shown here' };
        problems.set(key, known);
        say(known);
      };
      const known = problems.get(key);
      // A network may be back by now.
      if (known && known.reason !== 'network') say(known);
      else image.src = pictureUrl(id, index);
      return () => {
        isGivenUp = true;
        image.onload = null;
        image.onerror = null;
        // Frees the connection: a browser has six of them, and the events need one.
        if (!image.complete) image.removeAttribute('src');
      };
    },
    /** What is known of these pictures may no longer be so. */
    forget(isMeant: (key: string, problem: Problem) => boolean): string[] {
      const forgotten = [...problems].filter(([key, problem]) => isMeant(key, problem)).map(([key]) => key);
      for (const key of forgotten) problems.delete(key);
      return forgotten;
    },
  };
}
