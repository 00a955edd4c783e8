import { setTimeout as delay } from 'node:timers/promises';
import type { Answered } from '../support/host.ts';
import { BETWEEN_CALLS, type Call, MAX_CALLS, type NoAnswer, STOP } from './clients.ts';
import type { Task } from './tasks.ts';
import type { Tally } from './users.ts';

/** How a user goes on calling. */
interface Calling {
  make(call: Call): Promise<Answered | NoAnswer>;
  /** How the next call ends, if not by its answer. */
  chance(): Pick<Call, 'end'>;
  /** The call after an answer; undefined where there is nothing more to call for. */
  nextAfter(answer: Answered, call: Call): Call | undefined;
  /** The first call, and the one after none was answered. */
  again(): Call;
}

/** Calls until there is nothing more to call for, or the user stops for good. */
export async function callRepeatedly(
  { prompt, story }: Task,
  tally: Tally,
  { make, chance, nextAfter, again }: Calling,
): Promise<void> {
  let next: Call | undefined = again();
  for (let calls = 0; calls < MAX_CALLS; calls++) {
    const call: Call = { ...next, ...chance() };
    tally.calls += 1;
    const answer = await make(call);
    if (typeof answer === 'object') {
      next = nextAfter(answer, call);
      if (!next) return;
      continue;
    }
    if (answer === 'given_up' && call.end?.reason === STOP) {
      tally.stops += 1;
      return;
    }
    if (answer === 'given_up') tally.timeouts += 1;
    next = again();
    await delay(BETWEEN_CALLS);
  }
  throw new Error(`no end for "${prompt}":\n${story.join('\n')}`);
}
