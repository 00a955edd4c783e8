import { h } from '../../shared/dom.ts';
import { busyButton } from './cancel.ts';

/** A question in place of the buttons. */
export interface Question {
  /** Of the field to type into, if there is one, and what stands there at first: none for a short wish. */
  label?: string | undefined;
  value?: string;
  words?: string;
  /** On the button that goes on. */
  yes: string;
  /** Says what came of it. Gets what was typed in. */
  work(typed: string): Promise<string>;
}

/** Asks a question; `done` gets what came of it, if the answer was yes. */
export function formOf(
  { label, value, words = '', yes, work }: Question,
  done: (words?: string) => void,
): HTMLElement {
  const input =
    value === undefined ? h('input', { placeholder: label ?? '' }) : h('textarea', { value, rows: 4 });
  input.ariaLabel = label ?? '';
  const send = busyButton('button.main', yes, async () => {
    const typed = input.value.trim();
    if (typed || !label) done(await work(typed));
    else input.focus();
  });
  const panel = h(
    'div.row.panel',
    {},
    ...(label ? [input] : []),
    h('p', {}, words),
    send,
    h('button', { onclick: () => done() }, 'Not now'),
  );
  panel.onkeydown = (event) => {
    if (event.key === 'Escape') done();
    // Hosts allow no forms in a frame.
    if (event.key !== 'Enter' || event.target !== input || value !== undefined) return;
    // It would press the button that gets the focus.
    event.preventDefault();
    send.click();
  };
  return panel;
}
