import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import type { Following } from './following.ts';
import type { Held } from './held.ts';
import type { Entry, Intent, Ledger } from './ledger.ts';
import type { Wait } from './wait.ts';

export interface SubmissionsOptions {
  api: RunComfy;
  ledger: Ledger;
  held: Held;
  following: Following;
  /** Records an intent, or throws where the user's limits forbid another job. */
  admit: (intent: Intent) => Promise<Entry>;
  log: Log;
}

/** A model's input as it goes out. */
type Body = Record<string, unknown>;

/** The paid step: submits once, with the intent durable before the POST and the request id after it. */
export function createSubmissions(options: SubmissionsOptions) {
  const { api, ledger, held, following, admit, log } = options;
  const underWay = new Map<Promise<unknown>, { entry?: Entry }>();

  async function submitOnce(intent: Intent, body: Body, wait: Wait, begun: (entry: Entry) => void) {
    const entry = await admit(intent);
    held.take(entry.name, wait.signal);
    begun(entry);
    let mayBeSent = false;
    try {
      wait.signal.throwIfAborted();
      mayBeSent = true;
      const requestId = await api.submit(intent.model, body);
      return {
        entry: await following.observe(entry, { kind: 'accepted', request_id: requestId }),
        requestId,
      };
    } catch (error) {
      if (mayBeSent && !(error instanceof ToolError && error.charged === 'no')) {
        const lost = await following.observe(entry, { kind: 'answer_lost' });
        wait.onAnswered((reached) => following.settle(lost, reached, wait.signal));
      } else {
        held.release(entry.name, wait.signal);
        await ledger.remove(entry).catch((problem) => log.warn(`cannot remove a record: ${problem.message}`));
      }
      throw error;
    }
  }

  return {
    /** Submits a job. The wait's signal keeps it from being sent, but never aborts it once it is. */
    async submit(intent: Intent, body: Body, wait: Wait): Promise<{ entry: Entry; requestId: string }> {
      const about: { entry?: Entry } = {};
      const submitting = submitOnce(intent, body, wait, (entry) => {
        about.entry = entry;
      });
      underWay.set(submitting, about);
      return submitting.finally(() => underWay.delete(submitting));
    },

    /** Before the process ends: gives up its leases on submits under way, then waits until their request ids are recorded. */
    async leave(): Promise<void> {
      // So that a process that is called meanwhile does not take such a submit for one that somebody waits for.
      const entries = [...underWay.values()].flatMap(({ entry }) => (entry ? [entry] : []));
      await Promise.allSettled(entries.map((entry) => following.giveUp(entry)));
      await Promise.allSettled(underWay.keys());
    },
  };
}
