import { button, make } from './dom.ts';

/** A button that asks once more before it does what is paid for. */
export function paidButton(label: string, run: () => void): HTMLElement {
  const row = make('div', 'ask');
  const ask = button(label, () => {
    row.replaceChildren('This is a new job, which is paid for.', yes, no);
    yes.focus();
  });
  const yes = button(
    'Submit it',
    () => {
      row.replaceChildren(ask);
      run();
    },
    'main',
  );
  const no = button('Not now', () => {
    row.replaceChildren(ask);
    ask.focus();
  });
  row.onkeydown = ({ key }) => {
    if (key === 'Escape') no.click();
  };
  row.append(ask);
  return row;
}
