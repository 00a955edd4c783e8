import { expect } from 'vitest';
import type { Sandbox } from '../../src/sandbox/server.ts';
import type { Answered } from '../support/host.ts';
import { createRandom, seedOf } from '../support/random.ts';
import { callUntilAllDone } from './batches/users.ts';
import { type Call, createClients, type OwnServer, STOP, TIMEOUT } from './clients.ts';
import { callRepeatedly } from './repeat.ts';
import type { Fleet } from './servers.ts';
import type { Task, UserKind } from './tasks.ts';
import { saidBy } from './witness.ts';

export interface UserTools {
  fleet: Fleet;
  sandbox: Sandbox;
  seed: number;
  tally: Tally;
}

/** What the users went through. */
export interface Tally {
  calls: number;
  timeouts: number;
  stops: number;
  refusals: number;
  unknownTold: number;
  resumed: number;
  handOvers: number;
  /** Edits that were answered. */
  edits: number;
  /** How often a user's own server was killed, and how often the next one did not know what `last` is. */
  ownKills: number;
  lastForgotten: number;
  /** Batches that were answered to their end, answers that told of some while others went on, and jobs fetched by themselves. */
  batches: number;
  partialAnswers: number;
  fetchedAlone: number;
}

/** How often a call is given up: up to 0.1 its client's clock runs out, above it is stopped for good. */
const CHANCES: Partial<Record<UserKind, number>> = { usual: 0.13, editor: 0.1, alone: 0.1 };

/** Lets each user of a task call until it has a picture, or stops; and then until it has its edits. */
export async function perform(task: Task, worker: number, tools: UserTools): Promise<void> {
  const own: OwnServer = { kills: 0 };
  const all = { ...tools, own };
  const callAll = task.members.length > 0 ? callUntilAllDone : callUntilDone;
  await Promise.all(Array.from({ length: task.users }, (_, index) => callAll(task, worker, index, all)));
  for (const edit of task.edits) await callUntilDone(edit, worker, 0, all);
  const { client } = own;
  // What would still kill it leaves it alone.
  own.client = undefined;
  await client?.die();
  tools.tally.ownKills += own.kills;
}

async function callUntilDone(
  task: Task,
  worker: number,
  index: number,
  tools: UserTools & { own: OwnServer },
): Promise<void> {
  const { kind, prompt, model, source } = task;
  const { fleet, sandbox, seed, tally, own } = tools;
  const random = createRandom(seedOf(`${seed} ${prompt} user ${index}`));
  const clients = createClients(task, index, { fleet, sandbox, random, slot: worker + index, own });
  let knowsLast = kind === 'alone';

  /** The picture to edit, in any form that means it. */
  function named(requestId = ''): string {
    if (knowsLast) return 'last';
    return random() < 0.5 ? `job:${requestId}` : `job:${requestId}#1`;
  }

  /** The call for the picture. */
  function generate(): Call {
    if (source) {
      const args = { prompt, image_urls: [named(source.got[0])], quality: 'low' };
      return { name: 'gpt_image_1_5_image_to_image', args };
    }
    if (kind === 'any_model') return { name: 'run_image_model', args: { model, input: { prompt } } };
    return { name: 'gpt_image_2_text_to_image', args: { prompt } };
  }

  /** What comes before the calls that all kinds of users make. */
  async function begin(): Promise<void> {
    if (kind === 'silent') await clients.callSilently(generate());
    if (kind === 'any_model')
      await clients.callFleet({ name: 'find_image_models', args: { query: 'image' } });
    if (kind === 'impatient') {
      await clients.callFleet({ ...generate(), end: { reason: TIMEOUT, after: random() * 1_500 } });
      await clients.callFleet({ ...generate(), end: { reason: TIMEOUT, after: random() * 60 } });
    }
  }

  /** How the next call ends, if not by its answer. */
  function chance(): Pick<Call, 'end'> {
    const roll = random();
    if (!CHANCES[kind] || roll > CHANCES[kind]) return {};
    return { end: { reason: roll < 0.1 ? TIMEOUT : STOP, after: random() * 3_000 } };
  }

  /** The call after an answer; undefined where there is nothing more to call for. */
  function nextAfter(answer: Answered): Call | undefined {
    const said = saidBy(answer);
    if (answer.data.resumed) tally.resumed += 1;
    if (said === 'ended') {
      task.got.push(String(answer.data.request_id));
      if (source) tally.edits += 1;
      return undefined;
    }
    if (said === 'unknown' || said === 'earlier_unknown' || said === 'gone') tally.unknownTold += 1;
    if (said === 'refused') {
      tally.refusals += 1;
      if (answer.text.includes('has not answered with a picture yet')) {
        tally.lastForgotten += 1;
        knowsLast = false;
      }
      expect(answer.text).toMatch(/Nothing was charged for this call\.|get_image_job/);
    }
    if (said !== 'goes_on') return generate();
    tally.handOvers += 1;
    // Of twins either may call for what the other was told to ask for.
    const asks = kind !== 'twins' && random() < 0.5;
    return asks ? { name: 'get_image_job', args: { request_id: answer.data.request_id } } : generate();
  }

  const make =
    kind === 'alone' ? clients.callOwn : kind === 'one_shot' ? clients.callAndLeave : clients.callFleet;

  await begin();
  await callRepeatedly(task, tally, { make, chance, nextAfter, again: generate });
}
