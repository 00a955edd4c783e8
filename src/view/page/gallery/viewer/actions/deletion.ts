import type { GalleryJob } from '../../../../gallery-api.ts';
import { h } from '../../../shared/dom.ts';
import { deleteJob } from '../../records.ts';

export interface DeletionOptions {
  /** Before it is asked for, so that what the server tells of it comes as no surprise. */
  onDelete(id: string): void;
  onDeleted(id: string): void;
  onFailed(id: string): void;
  /** It was decided against. */
  onKept(): void;
}

/** Asks, in its place, whether a job is to be deleted, and deletes it. */
export function createDeletion({ onDelete, onDeleted, onFailed, onKept }: DeletionOptions) {
  const element = h('div.ask', { role: 'alertdialog', ariaLabel: 'Delete', hidden: true });

  function close(): void {
    // What is hidden loses the focus, and the dialog would lose it too.
    if (element.contains(document.activeElement)) element.closest('dialog')?.focus();
    element.hidden = true;
    element.replaceChildren();
  }

  function ask({ id, outputs }: GalleryJob): void {
    const count = outputs.length;
    const text = h('p', {}, questionOf(count));
    const failure = h('p.error', { role: 'alert' });
    const no = h('button', { onclick: keep }, 'Keep');
    const yes = h('button.bad', { onclick: run }, count > 1 ? `Delete all ${count}` : 'Delete');
    element.replaceChildren(text, failure, h('div.row', {}, no, yes));
    element.hidden = false;
    no.focus();

    async function run(): Promise<void> {
      if (yes.ariaDisabled) return;
      yes.ariaDisabled = 'true';
      failure.textContent = '';
      onDelete(id);
      try {
        await deleteJob(id);
        if (text.isConnected) close();
        onDeleted(id);
      } catch (error) {
        yes.ariaDisabled = null;
        failure.textContent = (error as Error).message;
        onFailed(id);
      }
    }
  }

  function keep(): void {
    close();
    onKept();
  }

  return { element, ask, close, keep, isOpen: () => !element.hidden };
}

function questionOf(count: number): string {
  if (count === 0) return 'Delete this job and its prompt? It cannot be undone.';
  const what =
    count > 1 ? `all ${count} pictures of this job, and their prompt` : 'this picture and its prompt';
  return `Delete ${what}? It cannot be undone. Copies that you saved stay.`;
}
