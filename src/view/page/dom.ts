/** Makes an element with a class. What is put into it is text, never markup. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  element.className = className;
  element.append(...children);
  return element;
}

export function button(label: string, onclick: () => void, className = ''): HTMLButtonElement {
  return Object.assign(make('button', className, label), { onclick });
}

/** A button that copies a text and says how that went. */
export function copyButton(label: string, text: string): HTMLButtonElement {
  const made = button(label, async () => {
    made.textContent = (await isCopied(text)) ? 'Copied' : 'Not allowed here';
    setTimeout(() => {
      made.textContent = label;
    }, 1500);
  });
  return made;
}

async function isCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Hosts that withhold the permission mostly leave the older way open.
    const field = Object.assign(make('textarea', 'unseen'), { value: text });
    const before = document.activeElement as HTMLElement | null;
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    before?.focus();
    return done;
  }
}
