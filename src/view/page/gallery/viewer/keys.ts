export type Keys = Record<string, () => void>;

/** Has keys do something while `isOn`, unless what has the focus needs them itself. */
export function listenToKeys(isOn: () => boolean, keys: Keys): void {
  document.addEventListener('keydown', (event) => {
    const { key, target, altKey, ctrlKey, metaKey } = event;
    const act = keys[key.length === 1 ? key.toLowerCase() : key];
    if (!isOn() || !act || altKey || ctrlKey || metaKey || event.defaultPrevented) return;
    if (key !== 'Escape' && (target as Element).matches('video, audio, input, textarea')) return;
    // What scrolls has its own beginning and end.
    if (SCROLLS.includes(key) && (target as Element).closest('.sidebar, blockquote')) return;
    // The dialog would close, the page behind it scroll.
    event.preventDefault();
    // Held down, a key leafs through; anything else is done once.
    if (!event.repeat || REPEATS.includes(key)) act();
  });
}

const SCROLLS = ['Home', 'End'];
const REPEATS = ['ArrowLeft', 'ArrowRight', '+', '=', '-'];
