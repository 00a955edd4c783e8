import type { Box } from './layout.ts';
import { HEADER } from './space.ts';

// In px: whoever is at the top sees what is new.
const AT_TOP = 8;
const MAX_HEADING = 56;

/** Remembers the first picture that is seen whole; the function that is returned brings it back to where it was. */
export function keepPlace(element: HTMLElement, before: readonly Box[]): (after: readonly Box[]) => void {
  if (window.scrollY <= AT_TOP) return () => {};
  const top = () => element.getBoundingClientRect().top;
  const start = top();
  const end = window.innerHeight;
  const seen = before.filter(({ y, height }) => start + y + height > HEADER && start + y < end);
  const isWhole = ({ y }: Box) => start + y > HEADER + MAX_HEADING;
  seen.sort((a, b) => Number(isWhole(b)) - Number(isWhole(a)));
  return (after) => {
    const places = new Map(after.map((box) => [box.key, box]));
    for (const box of seen) {
      const place = places.get(box.key);
      if (!place) continue;
      window.scrollBy({ top: top() + place.y - (start + box.y), behavior: 'instant' });
      return;
    }
  };
}
