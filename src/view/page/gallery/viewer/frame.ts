import './viewer.css';
import { h } from '../../shared/dom.ts';
import { iconButton } from './actions/buttons.ts';

export interface FrameOptions {
  stage: HTMLElement;
  strip: HTMLElement;
  toast: HTMLElement;
  tools: HTMLElement[];
  panel: HTMLElement;
  onStep(step: -1 | 1): void;
  onClose(): void;
  /** Something else than a key, such as a gesture of a phone, is to close it. */
  onEscape(): void;
  onClosed(): void;
}

/** The dialog, in which everything has its place and its turn. */
export function createFrame(options: FrameOptions) {
  const { stage, strip, toast, tools, panel, onStep, onClose, onEscape, onClosed } = options;
  const counter = h('p.counter');
  const said = h('p.said', { role: 'status' });
  const close = iconButton('close', 'Close', 'Esc', onClose);
  const previous = iconButton('previous', 'Previous', '←', () => onStep(-1));
  const next = iconButton('next', 'Next', '→', () => onStep(1));
  previous.classList.add('previous');
  next.classList.add('next');
  const element = h(
    'dialog.viewer',
    { tabIndex: -1, onclose: onClosed },
    h('div.corner', {}, close, counter),
    h('div.scene', {}, previous, next, stage, strip, toast),
    h('div.tools', {}, ...tools),
    panel,
    said,
  );
  element.oncancel = (event) => {
    event.preventDefault();
    onEscape();
  };
  return {
    element,
    name(text: string): void {
      element.ariaLabel = text;
    },
    /** Nothing, for one that is not among those that can be leafed through. */
    showPosition(
      position: { number: number; count: number } | undefined,
      { hasPrevious, hasNext }: { hasPrevious: boolean; hasNext: boolean },
    ): void {
      counter.textContent = position ? `${position.number} of ${position.count}` : '';
      previous.ariaDisabled = String(!hasPrevious);
      next.ariaDisabled = String(!hasNext);
    },
    /** Has screen readers say what is shown now, and which of how many. */
    say(what: string, name: string): void {
      said.textContent = `${[what, counter.textContent].filter(Boolean).join(' ')}: ${name}`;
    },
  };
}
