import { h } from './dom.ts';

/** A button that asks for confirmation before it does something paid. */
export function confirmPaid(label: string, run: () => void): HTMLElement {
  const ask = h(
    'button',
    {
      onclick() {
        row.replaceChildren('This is a new job, which is paid for.', yes, no);
        yes.focus();
      },
    },
    label,
  );
  const close = (then: () => void) => () => {
    row.replaceChildren(ask);
    then();
  };
  const yes = h('button.main', { onclick: close(run) }, 'Submit it');
  const no = h('button', { onclick: close(() => ask.focus()) }, 'Not now');
  const onkeydown = ({ key }: KeyboardEvent) => {
    if (key === 'Escape') no.click();
  };
  const row = h('div.row', { onkeydown }, ask);
  return row;
}
