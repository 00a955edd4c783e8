import { dollars } from '../../jobs/spending/totals.ts';
import './card.css';
import { make } from './dom.ts';
import { isActive, type Shown, spanWords, stateWords } from './job.ts';
import { type Open, pictureFigure, waitingFigure } from './picture.ts';

/** What a card's page knows and can do. */
export interface Around {
  /** A model's name for people. */
  titleOf(model: string): string;
  open?: Open;
  /** What can be done with a job that is not under way. */
  actions(job: Shown): (Node | string)[];
}

/** The card of a job, which is shown anew whenever more is known. */
export interface Card {
  readonly element: HTMLElement;
  job: Shown;
  show(job: Shown): void;
}

/** A job with its pictures, prompt, model, size, time and cost; while it is under way, where it stands. */
export function createCard(first: Shown, around: Around): Card {
  const pictures = make('div', 'pictures');
  const state = Object.assign(make('p', 'state'), { role: 'status' });
  const prompt = Object.assign(make('p', 'prompt'), { dir: 'auto' });
  const facts = make('p', 'facts');
  const error = Object.assign(make('p', 'error'), { role: 'alert' });
  const note = make('p', 'note');
  const actions = make('div', 'actions');
  const element = make('article', 'card', pictures, state, error, prompt, facts, note, actions);
  let drawn = '';

  /** Draws the pictures anew only where they changed: loading them again would flicker. */
  function drawPictures(job: Shown): void {
    const now = isActive(job) ? '' : JSON.stringify(job.pictures);
    if (now === drawn && pictures.firstChild) return;
    drawn = now;
    const { shape, pictures: all, prompt: name = 'The image of this job' } = job;
    const count = all.length;
    const nameOf = (index: number) => (count > 1 ? `Image ${index + 1} of ${count}: ${name}` : name);
    const figures = all.map((picture, index) => pictureFigure(picture, nameOf(index), shape, around.open));
    pictures.dataset.count = String(count);
    pictures.replaceChildren(...(isActive(job) ? [waitingFigure(shape)] : figures));
  }

  const card: Card = {
    element,
    job: first,
    show(job) {
      card.job = job;
      element.dataset.status = job.status;
      drawPictures(job);
      // A screen reader says it again whenever it is set.
      const said = isActive(job) || !job.pictures.length ? stateWords(job) : '';
      if (state.textContent !== said) state.textContent = said;
      prompt.textContent = job.prompt ?? '';
      facts.replaceChildren(...factsOf(job, around).map((fact) => make('span', '', fact)));
      error.textContent = job.error ?? '';
      note.textContent = job.note ?? '';
      actions.replaceChildren(...(isActive(job) ? [] : around.actions(job)));
    },
  };
  card.show(first);
  return card;
}

/** What is known of a job beside its pictures, in the order in which it is shown. */
function factsOf({ status, model, elapsed_seconds, cost_usd }: Shown, { titleOf }: Around): string[] {
  const unpriced = status === 'succeeded' ? 'cost not reported' : '';
  return [
    model ? titleOf(model) : '',
    elapsed_seconds === undefined ? '' : spanWords(elapsed_seconds),
    cost_usd === undefined ? unpriced : dollars(cost_usd),
  ].filter(Boolean);
}
