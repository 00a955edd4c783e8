import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import type { Submitted } from '../runcomfy/verdict.ts';
import type { Following } from './following.ts';
import type { Held } from './held.ts';
import { followLead } from './lead.ts';
import type { Entry, Intent, Ledger } from './ledger.ts';
import type { Pace } from './pace.ts';
import type { Wait } from './wait.ts';

export interface SubmissionsOptions {
  api: RunComfy;
  ledger: Ledger;
  held: Held;
  pace: Pace;
  following: Following;
  /** Records an intent, or throws where the user's limits forbid another job. */
  admit: (intent: Intent) => Promise<Entry>;
  clock: Clock;
  log: Log;
}

/** A model's input as it goes out. */
type Body = Record<string, unknown>;

/** A submit whose request id is recorded. */
type Recorded = Submitted & { entry: Entry };

/** The paid step: submits once, with the intent durable before the POST and the request id after it. */
export function createSubmissions(options: SubmissionsOptions) {
  const { api, ledger, held, following, admit, log } = options;
  const underWay = new Map<Promise<unknown>, { entry?: Entry }>();

  async function submitOnce(
    intent: Intent,
    body: Body,
    wait: Wait,
    begun: (entry: Entry) => void,
  ): Promise<Recorded> {
    const entry = await admit(intent);
    held.take(entry.name, wait.signal);
    begun(entry);
    try {
      wait.signal.throwIfAborted();
    } catch (error) {
      await forget(entry, wait);
      throw error;
    }
    const submitted = await api.submit(intent.model, body).catch((error) => fail(entry, error, wait));
    const { requestId } = submitted;
    return {
      ...submitted,
      entry: await following.observe(entry, { kind: 'accepted', request_id: requestId }),
    };
  }

  /** Throws why a job was not submitted, or may not have been, once that is recorded. */
  async function fail(entry: Entry, error: unknown, wait: Wait): Promise<never> {
    if (error instanceof ToolError && error.charged === 'no') await forget(entry, wait);
    else {
      // A record that holds a request id keeps it.
      const kind = entry.job.request_id === undefined ? 'answer_lost' : 'forgotten';
      const lost = await following.observe(entry, { kind });
      following.settleOnDelivery(lost, wait);
    }
    throw error;
  }

  /** Forgets a job that was certainly not submitted. */
  async function forget(entry: Entry, wait: Wait): Promise<void> {
    held.release(entry.name, wait.signal);
    await ledger.remove(entry).catch((problem) => log.warn(`cannot remove a record: ${problem.message}`));
  }

  /** Submits, and records whatever comes of it; leaving the process waits for that. */
  function record(intent: Intent, body: Body, wait: Wait): Promise<Recorded> {
    const about: { entry?: Entry } = {};
    const submitting = submitOnce(intent, body, wait, (entry) => {
      about.entry = entry;
    });
    underWay.set(submitting, about);
    return submitting.finally(() => underWay.delete(submitting));
  }

  return {
    /**
     * Submits a job. The wait's signal keeps it from being sent, but never aborts it once it is. A request id that is
     * only a lead is recorded like any other before anybody looks where it leads; what stays open, following finds out.
     */
    async submit(intent: Intent, body: Body, wait: Wait): Promise<{ entry: Entry; requestId: string }> {
      const { entry, requestId, unproven } = await record(intent, body, wait);
      if (unproven) {
        log.info(`${requestId} came in a reply that proves nothing: ${unproven.message}`);
        wait.onLook(entry.job);
        const end = await followLead(requestId, { ...options, signal: wait.signal });
        if (end === 'missing') await fail(entry, unproven, wait);
      }
      return { entry, requestId };
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
