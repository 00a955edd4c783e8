import { setTimeout as delay } from 'node:timers/promises';
import type { Answered } from '../support/host.ts';
import type { RawClient } from '../support/raw-client.ts';

const AT_ONCE = 4;
// Between the calls of a worker at most, in ms.
const PAUSE = 200;
const KEPT_IDS = 50;
const ANY_MODELS = ['openai/gpt-4o-image/text-to-image', 'imagineart/imagineart-1.5-preview/text-to-image'];

const CUT_OUT = 'bria/rmbg-2/background-removal';

/** Calls of every kind, several at once, until it is stopped. */
export function startMixedCalls(client: RawClient, random: () => number) {
  const counts = { calls: 0, errors: 0, givenUp: 0 };
  const ids: string[] = [];
  let nth = 0;
  let done = false;

  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const someId = () => ({ request_id: ids.length > 0 ? pick(ids) : 'no-such-job' });
  /** A picture by its handle, which may be of a job that goes on or failed, or the newest. */
  const picture = () => (ids.length > 0 && random() < 0.7 ? `job:${pick(ids)}#1` : 'last');
  const prompt = () => {
    nth += 1;
    return `soak ${nth}, a ${pick(['fox', 'harbour', 'teapot', 'mountain lake'])} at dusk`;
  };

  /** The kinds of calls and how often each comes. */
  const KINDS: [share: number, name: string, args: () => Record<string, unknown>][] = [
    [20, 'gpt_image_2_text_to_image', () => ({ prompt: prompt() })],
    [6, 'gpt_4o_image_text_to_image', () => ({ prompt: prompt(), background: 'transparent' })],
    [4, 'gpt_image_2_text_to_image', () => ({ prompt: prompt(), resolution: '2k' })],
    [8, 'run_image_model', () => ({ model: pick(ANY_MODELS), input: { prompt: prompt() } })],
    [
      6,
      'gpt_image_1_5_image_to_image',
      () => ({ prompt: prompt(), image_urls: [picture()], quality: 'low' }),
    ],
    [3, 'run_image_model', () => ({ model: CUT_OUT, input: { image_url: picture() } })],
    [16, 'get_image_job', someId],
    [8, 'list_image_jobs', () => ({})],
    [8, 'find_image_models', () => ({ query: pick(['video', 'edit', 'text', 'nothing like it']) })],
    [4, 'find_image_models', () => ({ model: pick(ANY_MODELS) })],
    [6, 'save_images', () => ({ images: [`job:${someId().request_id}`] })],
    [4, 'cancel_image_job', someId],
    [4, 'get_balance', () => ({})],
    [4, 'gpt_image_2_text_to_image', () => ({ promt: 'misspelt' })],
    [3, 'run_image_model', () => ({ model: 'no/such/model', input: {} })],
    [3, 'get_image_job', () => ({ request_id: 'no such id' })],
  ];
  const all = KINDS.reduce((sum, [share]) => sum + share, 0);

  async function callOne(): Promise<void> {
    let roll = random() * all;
    const [, name, args] = KINDS.find(([share]) => {
      roll -= share;
      return roll < 0;
    }) as (typeof KINDS)[number];
    const stop = new AbortController();
    const chance = random();
    if (chance < 0.08)
      delay(random() * 1_500).then(() => stop.abort(chance < 0.05 ? 'Request timed out' : 'stop'));
    counts.calls += 1;
    const answer = await client.call(name, args(), stop.signal).catch((error): Answered | undefined => {
      if (!stop.signal.aborted) throw error;
      return undefined;
    });
    if (!answer) counts.givenUp += 1;
    if (answer?.isError) counts.errors += 1;
    const id = answer?.data.request_id;
    if (typeof id === 'string') ids.push(id);
    if (ids.length > KEPT_IDS) ids.shift();
  }

  async function work(): Promise<void> {
    while (!done) {
      await callOne();
      await delay(random() * PAUSE);
    }
  }
  const working = Promise.all(Array.from({ length: AT_ONCE }, work));

  return {
    counts,
    /** Resolves when the calls under way are answered. */
    async stop(): Promise<void> {
      done = true;
      await working;
    },
  };
}
