import { dollarsForPeople } from '../../shared/dollars.ts';
import { h } from '../../shared/dom.ts';
import { isActive } from '../../shared/job.ts';
import { createActions } from '../actions/actions.ts';
import type { Act } from '../actions/cancel.ts';
import { priceOf, timeSpan } from '../figures.ts';
import { fieldsOf, type Place, promptOf, type ShownJob } from '../job.ts';
import { fieldValue, stateOf, troubleIn } from '../words.ts';
import { createPictures } from './pictures.ts';
import { createWaiting } from './waiting.ts';

/** Shows a job with its pictures, prompt, settings, time and cost, and what can be done with it. */
export function createCard(first: ShownJob, act: Act) {
  const waiting = createWaiting(act);
  const state = h('p.state', { role: 'status' });
  const error = h('p.error', { role: 'alert' });
  const said = h('blockquote', { dir: 'auto' });
  const prompt = h('p.prompt', { dir: 'auto' });
  const facts = h('p.fine');
  const settings = h('details.fine');
  const actions = createActions(act);
  const pictures = createPictures(act.host, tell);
  const side = h('div', {}, state, error, said, prompt, facts, settings, actions.element);
  const element = h('article.card', {}, pictures.element, waiting.element, side);

  /** What is said of the place that is picked. */
  function tell(place: Place): void {
    const { job } = card;
    const trouble = troubleIn(place);
    setText(state, wordsOf(job, place));
    setText(error, trouble?.words ?? '');
    setText(said, (trouble && place.error) ?? '');
    setText(prompt, promptOf(place));
    setText(facts, factsOf(place));
    settings.replaceChildren(...settingsOf(fieldsOf(place)));
    actions.show(place);
  }

  const card = {
    element,
    job: first,
    show(job: ShownJob): void {
      card.job = job;
      waiting.show(job);
      pictures.show(job);
    },
  };
  card.show(first);
  return card;
}

/** Why there is no picture to look at. */
function wordsOf({ isBatch }: ShownJob, place: Place): string {
  const { number, status, output } = place;
  if (output) return '';
  if (isBatch) return `Picture ${number}: ${stateOf(place)}`;
  if (status === 'cancelled') return 'Cancelled. Nothing was made or charged.';
  return status === 'succeeded' ? 'Done, but without a picture.' : '';
}

function factsOf(place: Place): string {
  const { title, elapsed_seconds: seconds, cost_usd, estimated_cost_usd: reported, output } = place;
  const expected = typeof reported === 'object' ? reported : place.estimate;
  return [
    title,
    output?.width && `${output.width} × ${output.height}`,
    seconds !== undefined && !isActive(place) && timeSpan(seconds),
    cost_usd === undefined ? expected && priceOf(expected, false) : dollarsForPeople(cost_usd),
  ]
    .filter(Boolean)
    .join(' · ');
}

function settingsOf({ prompt: _, ...fields }: Record<string, unknown>): Node[] {
  const rows = Object.entries(fields).flatMap(([name, value]) => [
    h('dt', {}, name.replaceAll('_', ' ')),
    h('dd', { dir: 'auto' }, fieldValue(value)),
  ]);
  return rows.length > 0 ? [h('summary', {}, 'Settings'), h('dl', {}, ...rows)] : [];
}

/** Only if it is another: a screen reader reads it out whenever it is set. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
