import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, seedOf } from '../../support/random.ts';
import { saidBy } from '../witness.ts';
import type { Balancer } from './balancer.ts';
import type { ChaosClient, Outcome } from './clients.ts';
import type { Story } from './story.ts';

/** A wish for one picture, and what came of it. */
export interface Wish {
  prompt: string;
  /** The request id of the picture that its user got. */
  got?: string;
  /** How often its user was told that a job may exist of which nothing is known, and when. */
  doubts: number[];
  /** Its calls that brought no answer, and those that did. */
  calls: { from: number; to: number; outcome: Outcome; isCut: boolean }[];
}

export interface UserTools {
  client: ChaosClient;
  balancer: Balancer;
  story: Story;
  seed: number;
}

/** The shares of calls whose connection is cut, and whose client is slow to read. */
const CUT = 0.06;
const SLOW = 0.06;
// In ms: when at most a call is cut or slowed, how long a client is slow, its timeouts, and what it leaves between calls.
const WITHIN = 1_500;
const SLOW_FOR = 3_000;
const TIMEOUTS: [least: number, most: number] = [3_000, 20_000];
const BETWEEN_CALLS = 100;
const MAX_CALLS = 100;

const TOOL = 'gpt_image_2_text_to_image';

/** Calls until there is the picture, whatever happens to the calls. */
export async function callUntilDone(wish: Wish, { client, balancer, story, seed }: UserTools): Promise<void> {
  const { prompt } = wish;
  const random = createRandom(seedOf(`${seed} ${prompt}`));
  const [least, most] = TIMEOUTS;
  const timeout = least + random() * (most - least);
  let requestId: unknown;
  for (let nth = 0; nth < MAX_CALLS; nth += 1) {
    const asks = requestId !== undefined && random() < 0.5;
    const args = asks ? { request_id: requestId } : { prompt };
    const call = { from: performance.now(), to: 0, outcome: 'given_up' as Outcome, isCut: false };
    wish.calls.push(call);
    const roll = random();
    const disturbed = delay(random() * WITHIN).then(async () => {
      if (call.to > 0) return;
      if (roll < CUT) call.isCut = balancer.cut(prompt);
      else if (roll < CUT + SLOW) await balancer.slow(prompt, random() * SLOW_FOR);
    });
    call.outcome = await client.call(asks ? 'get_image_job' : TOOL, args, timeout);
    call.to = performance.now();
    const { outcome } = call;
    story.tell(prompt, `${call.isCut ? 'cut: ' : ''}${typeof outcome === 'string' ? outcome : outcome.text}`);
    requestId = undefined;
    if (typeof call.outcome !== 'string') {
      const said = saidBy(call.outcome);
      const { request_id, status } = call.outcome.data;
      if (said === 'ended' && status === 'succeeded') wish.got = String(request_id);
      if (said === 'unknown' || said === 'earlier_unknown') wish.doubts.push(call.to);
      if (said === 'goes_on') requestId = request_id;
      if (wish.got) return disturbed;
    }
    await delay(BETWEEN_CALLS);
  }
}
