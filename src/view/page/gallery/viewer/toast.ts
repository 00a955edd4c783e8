import { h } from '../../shared/dom.ts';

// In ms.
const SHOWN_FOR = 4_000;

/** A word about what was done, which goes away by itself. */
export function createToast() {
  const element = h('p.toast', { role: 'status' });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const clear = () => element.replaceChildren();
  return {
    element,
    say(text: string): void {
      clearTimeout(timer);
      element.textContent = text;
      timer = setTimeout(clear, SHOWN_FOR);
    },
    clear,
  };
}
