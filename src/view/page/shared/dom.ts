/** Makes an element: `h('p.state', { role: 'status' }, 'Done')`. Children are nodes or text, never markup. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  selector: Tag | `${Tag}.${string}`,
  props: Partial<HTMLElementTagNameMap[Tag]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const [tag, ...classes] = selector.split('.') as [Tag, ...string[]];
  const element = Object.assign(document.createElement(tag), { className: classes.join(' ') }, props);
  element.append(...children);
  return element;
}

/** A button that copies a text and says whether that worked. */
export function copyButton(label: string, text: string): HTMLElement {
  const onclick = async () => {
    button.textContent = (await copy(text)) ? 'Copied' : 'Not allowed here';
    setTimeout(() => button.replaceChildren(label), 1500);
  };
  const button = h('button', { onclick }, label);
  return button;
}

/** Puts a text on the clipboard; false if that is not allowed here. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Hosts that withhold the permission mostly leave the older way open.
    const field = h('textarea.offscreen', { value: text });
    const focused = document.activeElement as HTMLElement | null;
    // What is outside of an open dialog cannot be selected.
    (document.querySelector('dialog:modal') ?? document.body).append(field);
    field.select();
    const isCopied = document.execCommand('copy');
    field.remove();
    focused?.focus();
    return isCopied;
  }
}
