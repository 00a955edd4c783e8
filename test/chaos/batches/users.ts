import { expect } from 'vitest';
import type { Answered } from '../../support/host.ts';
import { createRandom, seedOf } from '../../support/random.ts';
import { type Call, createClients, type OwnServer, STOP, TIMEOUT } from '../clients.ts';
import { callRepeatedly } from '../repeat.ts';
import type { Task } from '../tasks.ts';
import type { UserTools } from '../users.ts';
import { saidBy } from '../witness.ts';
import { type BatchTold, readBatchAnswer } from './answers.ts';

/** How often a call is given up: up to 0.1 its client's clock runs out, above it is stopped for good. */
const CHANCE = 0.14;
const FETCHES_ONE = 0.3;

/**
 * Calls for the pictures of a batch until the end of all is told, then again for those that it did not get, until it has
 * each, or stops. Twins only repeat the call: either may get what the other began.
 */
export async function callUntilAllDone(
  wish: Task,
  worker: number,
  index: number,
  tools: UserTools & { own: OwnServer },
): Promise<void> {
  const { fleet, sandbox, seed, tally, own } = tools;
  const random = createRandom(seedOf(`${seed} ${wish.prompt} user ${index}`));
  const clients = createClients(wish, index, { fleet, sandbox, random, slot: worker + index, own });
  const isTwin = wish.kind === 'batch_twins';
  const has = new Set<Task>();
  let wanted = wish.members;
  /** The batch that goes on, as far as it is known, and whether one of it was fetched by itself. */
  let batch: string | undefined;
  let isOneFetched = false;

  const make = (): Call => ({
    name: 'make_images',
    args: { jobs: wanted.map(({ model, prompt }) => ({ model, input: { prompt } })) },
  });
  const get = (request_id: string): Call => ({ name: 'get_image_job', args: { request_id } });
  const again = (): Call =>
    batch === undefined || isTwin || random() < 0.5 ? make() : get(`batch:${batch}`);

  /** How the next call ends, if not by its answer. */
  function chance(): Pick<Call, 'end'> {
    const roll = random();
    if (roll > (isTwin ? 0.1 : CHANCE)) return {};
    return { end: { reason: roll < 0.1 ? TIMEOUT : STOP, after: random() * 3_000 } };
  }

  function take(task: Task, requestId: string): void {
    if (!has.has(task)) task.got.push(requestId);
    has.add(task);
  }

  /** The call after an answer about the batch; undefined where nothing more is wanted. */
  function nextAfter(told: BatchTold): Call | undefined {
    for (const { said } of told.members) {
      if (said === 'unknown' || said === 'earlier_unknown' || said === 'gone') tally.unknownTold += 1;
      if (said === 'refused') tally.refusals += 1;
    }
    batch = told.batch ?? batch;
    if (!told.isWhole) return nextOfPartial(told);
    expect(new Set(told.members.map(({ place }) => place))).toEqual(new Set(wanted.keys()));
    tally.batches += 1;
    for (const { place, said, requestId = '' } of told.members)
      if (said === 'ended') take(wanted[place] as Task, requestId);
    wanted = wanted.filter((task) => !has.has(task));
    batch = undefined;
    isOneFetched = false;
    return wanted.length > 0 ? make() : undefined;
  }

  function nextOfPartial({ members }: BatchTold): Call {
    tally.handOvers += 1;
    if (members.some(({ said }) => said === 'shown')) tally.partialAnswers += 1;
    // Once all others are done too, the same call would be a new batch: their user has to look at one that goes on.
    const open = members.filter(({ isUnderWay }) => isUnderWay).length;
    const [one] = members.filter(({ said, isUnderWay }) => said === 'shown' || (isUnderWay && open > 1));
    if (isTwin || isOneFetched || open === 0 || one?.requestId === undefined || random() > FETCHES_ONE)
      return again();
    isOneFetched = true;
    return get(one.requestId);
  }

  /** Takes one picture of the batch that was fetched by itself. */
  function takeAlone(requestId: string, answer: Answered): void {
    tally.fetchedAlone += 1;
    if (saidBy(answer) !== 'ended') return;
    const drawn = sandbox.engine.find(requestId)?.input.prompt;
    const task = wanted.find(({ prompt }) => prompt === drawn);
    if (task) take(task, requestId);
  }

  await callRepeatedly(wish, tally, {
    make: clients.callFleet,
    chance,
    again,
    nextAfter(answer, { args }) {
      const { request_id: asked = 'batch:' } = args as { request_id?: string };
      if (answer.data.resumed) tally.resumed += 1;
      if (!asked.startsWith('batch:')) {
        takeAlone(asked, answer);
        return again();
      }
      const told = readBatchAnswer(answer);
      if (told) return nextAfter(told);
      tally.refusals += 1;
      expect(answer.text).toMatch(/Nothing was charged for this call\.|get_image_job/);
      return make();
    },
  });
}
