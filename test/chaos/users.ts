import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Sandbox } from '../../src/sandbox/server.ts';
import type { Answered } from '../support/host.ts';
import { createRandom, seedOf } from '../support/random.ts';
import { type Call, createClients } from './clients.ts';
import type { Fleet } from './servers.ts';
import type { Task } from './tasks.ts';
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
}

const MAX_CALLS = 150;
const BETWEEN_CALLS = 100;
const TIMEOUT = 'Request timed out';
const STOP = 'stop';

/** Lets each user of a task call until it has a picture, or stops. */
export async function perform(task: Task, worker: number, tools: UserTools): Promise<void> {
  await Promise.all(
    Array.from({ length: task.users }, (_, index) => callUntilDone(task, worker, index, tools)),
  );
}

async function callUntilDone(task: Task, worker: number, index: number, tools: UserTools): Promise<void> {
  const { kind, prompt, model } = task;
  const { fleet, sandbox, seed, tally } = tools;
  const random = createRandom(seedOf(`${seed} ${prompt} user ${index}`));
  const clients = createClients(task, index, { fleet, sandbox, random, slot: worker + index });
  const generate: Call =
    kind === 'any_model'
      ? { name: 'run_image_model', args: { model, input: { prompt } } }
      : { name: 'gpt_image_2_text_to_image', args: { prompt } };

  /** What comes before the calls that all kinds of users make. */
  async function begin(): Promise<void> {
    if (kind === 'silent') await clients.callSilently(generate);
    if (kind === 'any_model')
      await clients.callFleet({ name: 'find_image_models', args: { query: 'image' } });
    if (kind === 'impatient') {
      await clients.callFleet({ ...generate, end: { reason: TIMEOUT, after: random() * 1_500 } });
      await clients.callFleet({ ...generate, end: { reason: TIMEOUT, after: random() * 60 } });
    }
  }

  /** How the next call of a usual user ends, if not by its answer. */
  function chance(): Pick<Call, 'end'> {
    const roll = random();
    if (kind !== 'usual' || roll > 0.13) return {};
    return { end: { reason: roll < 0.1 ? TIMEOUT : STOP, after: random() * 3_000 } };
  }

  /** The call after an answer; undefined where there is nothing more to call for. */
  function nextAfter(answer: Answered): Call | undefined {
    const said = saidBy(answer);
    if (answer.data.resumed) tally.resumed += 1;
    if (said === 'ended') {
      task.got.push(String(answer.data.request_id));
      return undefined;
    }
    if (said === 'unknown' || said === 'earlier_unknown' || said === 'gone') tally.unknownTold += 1;
    if (said === 'refused') {
      tally.refusals += 1;
      expect(answer.text).toMatch(/Nothing was charged for this call\.|get_image_job/);
    }
    if (said !== 'goes_on') return generate;
    tally.handOvers += 1;
    // Of twins either may call for what the other was told to ask for.
    const asks = kind !== 'twins' && random() < 0.5;
    return asks ? { name: 'get_image_job', args: { request_id: answer.data.request_id } } : generate;
  }

  await begin();
  let next = generate;
  for (let calls = 0; calls < MAX_CALLS; calls++) {
    const call = { ...next, ...chance() };
    tally.calls += 1;
    const answer = await (kind === 'one_shot' ? clients.callAndLeave(call) : clients.callFleet(call));
    if (typeof answer === 'object') {
      const after = nextAfter(answer);
      if (!after) return;
      next = after;
      continue;
    }
    if (answer === 'given_up' && call.end?.reason === STOP) {
      tally.stops += 1;
      return;
    }
    if (answer === 'given_up') tally.timeouts += 1;
    next = generate;
    await delay(BETWEEN_CALLS);
  }
  throw new Error(`no end for "${prompt}":\n${task.story.join('\n')}`);
}
