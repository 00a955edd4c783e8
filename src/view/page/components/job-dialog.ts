import { isActive } from '../job.ts';
import { collectJob, type RecordedJob } from '../records.ts';
import { createCard } from './card.ts';
import { h } from './dom.ts';

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' });
const dialog = h('dialog', {
  onclick({ target }) {
    if (target === dialog) dialog.close();
  },
});
document.body.append(dialog);

/** Opens a job as the chat shows it, and collects it on request. */
export function openJob(job: RecordedJob, onCollected: () => void, onClosed: () => void): void {
  const card = createCard(withNote(job));
  const onclick = async () => {
    collect.disabled = true;
    try {
      card.show(withNote(await collectJob(job)));
      onCollected();
    } catch (error) {
      card.show({ ...card.job, error: (error as Error).message });
    }
    collect.disabled = false;
    collect.hidden = !isActive(card.job);
  };
  const collect = h('button.main', { onclick, hidden: !job.open }, 'Collect');
  const close = h('button', { onclick: () => dialog.close() }, 'Close');
  dialog.replaceChildren(card.element, h('div.row', {}, collect, close));
  dialog.ariaLabel = `Job: ${job.prompt ?? job.request_id ?? ''}`;
  dialog.onclose = onClosed;
  dialog.showModal();
}

function withNote(job: RecordedJob): RecordedJob {
  const submitted = job.submitted_at && `Submitted ${time.format(new Date(job.submitted_at))}`;
  const id = job.request_id && `request_id ${job.request_id}`;
  return { ...job, note: [submitted, id].filter(Boolean).join('\n') };
}
