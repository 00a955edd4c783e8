import { setTimeout as delay } from 'node:timers/promises';
import type { Sandbox } from '../../src/sandbox/server.ts';
import type { Answered } from '../support/host.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { Fleet } from './servers.ts';
import { note, type Task } from './tasks.ts';

/** A tool call, and why and after how many ms its client gives it up. */
export interface Call {
  name: string;
  args: Record<string, unknown>;
  end?: { reason: string; after: number };
}

/** Why a client gives a call up: its clock has run out, or its user stops the call for good. */
export const TIMEOUT = 'Request timed out';
export const STOP = 'stop';

/** How many calls a user makes at most, and how long after one without an answer the next comes, in ms. */
export const MAX_CALLS = 150;
export const BETWEEN_CALLS = 100;

/** Why a call brought no answer. */
export type NoAnswer = 'given_up' | 'connection_lost';

// Lists of tools, of some 14 kB each: more than what the system keeps of an unread pipe.
const MORE_THAN_A_PIPE = 60;
// How long a client that does not read lives on at most when its picture is done, and without one, in ms.
const LIVES_ON = 400;
const LIVES = 2_000;

// The share of the calls on a user's own server during or after which it is killed.
const OWN_KILLS = 0.3;

/** A server that a user has for itself, over all of its calls; absent before the first and after a kill. */
export interface OwnServer {
  client?: RawClient | undefined;
  kills: number;
}

/** The ways in which a user's clients call; each tells the task's story. */
export function createClients(
  task: Task,
  user: number,
  tools: { fleet: Fleet; sandbox: Sandbox; random: () => number; slot: number; own: OwnServer },
) {
  const { fleet, sandbox, random, own } = tools;
  let { slot } = tools;
  const tell = (event: string) => note(task, `user ${user}, server ${slot}: ${event}`);

  const isDrawn = () =>
    sandbox.engine.jobs.some(
      (job) => job.input.prompt === task.prompt && sandbox.engine.state(job) === 'succeeded',
    );

  return {
    /** One call on a server of the fleet. After a lost connection the next one may go to another server. */
    async callFleet({ name, args, end }: Call): Promise<Answered | NoAnswer> {
      const { host, place } = fleet.at(slot);
      tell(`${name} on ${place} pid ${host.pid}`);
      const stop = new AbortController();
      if (end) delay(end.after).then(() => stop.abort(end.reason));
      const answer = await host
        .call(name, args, { signal: stop.signal, onProgress: () => {} })
        .catch((): NoAnswer => (stop.signal.aborted ? 'given_up' : 'connection_lost'));
      tell(typeof answer === 'object' ? answer.text : answer);
      if (answer === 'connection_lost' && random() < 0.5) slot = Math.floor(random() * 100);
      return answer;
    },

    /** One call on a server of its own, which is left as soon as the answer is read. */
    async callAndLeave({ name, args }: Call): Promise<Answered> {
      const client = await fleet.startShort(slot);
      tell(`${name} on a server of its own, pid ${client.pid}`);
      const answer = await client.call(name, args);
      await client.die();
      tell(answer.text);
      return answer;
    },

    /** One call on the user's own server, which may be killed meanwhile. */
    async callOwn({ name, args, end }: Call): Promise<Answered | NoAnswer> {
      own.client ??= await fleet.startShort(slot);
      const { client } = own;
      tell(`${name} on its own server, pid ${client.pid}`);
      const stop = new AbortController();
      if (end) delay(end.after).then(() => stop.abort(end.reason));
      if (random() < OWN_KILLS)
        delay(random() * LIVES).then(() => {
          if (own.client !== client) return undefined;
          own.client = undefined;
          own.kills += 1;
          return client.kill();
        });
      const answer = await client
        .call(name, args, stop.signal)
        .catch((): NoAnswer => (stop.signal.aborted ? 'given_up' : 'connection_lost'));
      tell(typeof answer === 'object' ? answer.text : answer);
      return answer;
    },

    /** A call whose answer stays unread, in part within the server where many others stand before it. */
    async callSilently({ name, args }: Call): Promise<void> {
      const client = await fleet.startShort(slot);
      const [isKilled, isFull] = [random() < 0.5, random() < 0.5];
      tell(`${name}, unread, on a server of its own, pid ${client.pid}`);
      client.call(name, args).catch(() => {});
      client.stopReading();
      // What a killed server had sent is read afterwards; what one had whose client died has to be certain.
      if (isFull || !isKilled) for (let count = 0; count < MORE_THAN_A_PIPE; count++) client.askForTools();
      for (let waited = 0; waited < LIVES && !isDrawn(); waited += 50) await delay(50);
      await delay(random() * LIVES_ON);
      await (isKilled ? client.kill() : client.die());
      tell(isKilled ? 'the server is killed' : 'the client is dead');
    },
  };
}
