import { h } from '../shared/dom.ts';

// In ms: how long a remark stays, and how long a count has to stand before it is read out.
const REMARK = 6_000;
const SETTLED = 800;

/** One calm line at the foot of the page for what is wrong, and counts for those who hear the page. */
export function createNotice() {
  let lost = '';
  let problem = '';
  let remark = '';
  let said: string | undefined;
  let remarkTimer: ReturnType<typeof setTimeout> | undefined;
  let countTimer: ReturnType<typeof setTimeout> | undefined;
  const line = h('p.notice', { role: 'status' });
  const heard = h('p.heard', { role: 'status' });
  const draw = () => {
    line.textContent = lost || remark || problem;
  };
  return {
    element: h('div', {}, line, heard),
    /** That the gallery cannot be reached; empty once it can. */
    lost(text: string): void {
      lost = text;
      draw();
    },
    /** What keeps the list from being up to date; empty once nothing does. */
    problem(text: string): void {
      problem = text;
      draw();
    },
    /** Something that did not work just now. */
    tell(text: string): void {
      remark = text;
      draw();
      clearTimeout(remarkTimer);
      remarkTimer = setTimeout(() => {
        remark = '';
        draw();
      }, REMARK);
    },
    /** How much is shown, read out once it no longer changes; not at first. */
    count(text: string): void {
      clearTimeout(countTimer);
      if (said === undefined) said = text;
      if (said === text) return;
      countTimer = setTimeout(() => {
        said = text;
        heard.textContent = text;
      }, SETTLED);
    },
  };
}
