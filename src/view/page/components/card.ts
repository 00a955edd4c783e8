import { dollars } from '../../../jobs/spending/totals.ts';
import { isActive, type ShownJob, stateWords } from '../job.ts';
import { h } from './dom.ts';
import { titleOf } from './models.ts';
import { type OpenLink, pictureFigure, waitingFigure } from './picture.ts';

/** Shows a job with its pictures, prompt, model, time and cost; an active one with its state, an ended one with `actions`. */
export function createCard(first: ShownJob, open?: OpenLink, actions: () => Node[] = () => []) {
  const pictures = h('div.pictures');
  const state = h('p.state.row', { role: 'status' });
  const prompt = h('p.prompt', { dir: 'auto' });
  const facts = h('p.facts.fine.row');
  const error = h('p.error', { role: 'alert' });
  const note = h('p.note.fine');
  const buttons = h('div');
  const element = h('article.card', {}, pictures, state, error, prompt, facts, note, buttons);
  let drawn = '';

  /** Draws pictures only when they change: loading them again would flicker. */
  function drawPictures(job: ShownJob): void {
    const { aspect, pictures: all, prompt: name = 'The image of this job' } = job;
    const now = isActive(job) ? '' : JSON.stringify(all);
    if (now === drawn && pictures.firstChild) return;
    drawn = now;
    const nameOf = (index: number) =>
      all.length > 1 ? `Image ${index + 1} of ${all.length}: ${name}` : name;
    const figures = all.map((picture, index) => pictureFigure(picture, nameOf(index), aspect, open));
    pictures.dataset.count = String(all.length);
    pictures.replaceChildren(...(isActive(job) ? [waitingFigure(aspect)] : figures));
  }

  const card = {
    element,
    job: first,
    show(job: ShownJob): void {
      card.job = job;
      element.dataset.status = job.status;
      drawPictures(job);
      const words = isActive(job) || !job.pictures.length ? stateWords(job) : '';
      // A screen reader reads it out whenever it is set.
      if (state.textContent !== words) state.textContent = words;
      prompt.textContent = job.prompt ?? '';
      facts.replaceChildren(...factsOf(job));
      error.textContent = job.error ?? '';
      note.textContent = job.note ?? '';
      buttons.replaceChildren(...(isActive(job) ? [] : actions()));
    },
  };
  card.show(first);
  return card;
}

function factsOf({ status, model, elapsed_seconds, cost_usd }: ShownJob): Node[] {
  const unpriced = status === 'succeeded' ? 'cost not reported' : '';
  const time = elapsed_seconds === undefined ? '' : timeSpan(elapsed_seconds);
  return factSpans(titleOf(model), time, cost_usd === undefined ? unpriced : dollars(cost_usd));
}

/** One element for each fact that is known. */
export const factSpans = (...facts: string[]): Node[] =>
  facts.filter(Boolean).map((fact) => h('span', {}, fact));

function timeSpan(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds * 10) / 10} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
