import type { Box } from './layout.ts';
import { HEADER } from './space.ts';

// In px: whoever is at the top sees what is new.
const AT_TOP = 8;
const MAX_HEADING = 56;

/**
 * Makes what remembers the first picture that is seen whole; the function that it returns brings it back to where it was.
 * It stays the same one until the page is scrolled: as pictures come, each changes its row.
 */
export function createPlace(element: HTMLElement) {
  const top = () => element.getBoundingClientRect().top;
  let kept: { key: string; scrolled: number } | undefined;

  return (before: readonly Box[]): ((after: readonly Box[]) => void) => {
    if (window.scrollY <= AT_TOP) return () => {};
    const start = top();
    const end = window.innerHeight;
    const seen = before.filter(({ y, height }) => start + y + height > HEADER && start + y < end);
    const isKept = ({ key }: Box) => key === kept?.key && window.scrollY === kept.scrolled;
    const rank = (box: Box) => (isKept(box) ? 2 : Number(start + box.y > HEADER + MAX_HEADING));
    seen.sort((a, b) => rank(b) - rank(a));
    return (after) => {
      const places = new Map(after.map((box) => [box.key, box]));
      const box = seen.find(({ key }) => places.has(key));
      if (!box) return;
      const { y } = places.get(box.key) as Box;
      window.scrollBy({ top: top() + y - (start + box.y), behavior: 'instant' });
      kept = { key: box.key, scrolled: window.scrollY };
    };
  };
}
