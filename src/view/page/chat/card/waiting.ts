import { h } from '../../shared/dom.ts';
import { isActive } from '../../shared/job.ts';
import { type Act, cancelButton } from '../actions/cancel.ts';
import { timeSpan } from '../figures.ts';
import type { ShownJob } from '../job.ts';
import { stateOf } from '../words.ts';
import { setText } from './card.ts';

// Of the bar, at the expected end: the rest is for jobs that take longer.
const AT_EXPECTED_END = 0.85;
const FULLEST = 0.97;

/** Says how far a job is, and lets it be cancelled as long as that works. */
export function createWaiting(act: Act) {
  let job: ShownJob;
  const state = h('p.state', { role: 'status' });
  const time = h('p.fine');
  const bar = h('progress', { ariaLabel: 'Progress' });
  const cancel = cancelButton(act, () => job);
  const began = Date.now();
  const element = h('div', {}, bar, h('div.row', {}, state, time, ...cancel.elements));

  const timer = setInterval(
    () => (isActive(job) && element.isConnected ? draw() : clearInterval(timer)),
    1_000,
  );

  function draw(): void {
    const { running_seconds: ran, readAt, expected_seconds: expected, submitted_at, status } = job;
    const submitted = submitted_at ? Date.parse(submitted_at) : began;
    const start = ran === undefined || !readAt ? submitted : readAt - ran * 1_000;
    const seconds = Math.max(0, (Date.now() - start) / 1_000);
    const { places, isBatch } = job;
    const ended = places.filter((place) => !isActive(place)).length;
    const pace = expected && status === 'in_progress' ? seconds / expected : 0;
    const done = isBatch ? ended / places.length : Math.min(pace * AT_EXPECTED_END, FULLEST);
    if (done) bar.value = done;
    else bar.removeAttribute('value');
    setText(state, isBatch && ended ? `${ended} of ${places.length} done` : stateOf(job));
    const usual = expected ? `about ${timeSpan(expected)}` : '';
    const compared = pace > 1 ? ', longer than usual' : usual && ` of ${usual}`;
    time.textContent =
      usual && status === 'in_queue' ? `${usual} once it starts` : timeSpan(seconds) + compared;
  }

  return {
    element,
    show(next: ShownJob): void {
      job = next;
      element.hidden = !isActive(job);
      cancel.show();
      draw();
    },
  };
}
