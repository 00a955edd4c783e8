import { expect } from 'vitest';
import { approve, codeIn, connectAsking, edit, YES } from './approval.ts';
import type { Connected } from './program.ts';
import { createRandom } from './random.ts';

const AT_ONCE = 100;
const PROMPTS = 30;
// In ms: of an approval, and of a client's patience.
const [LIFE, TIMEOUT] = [600_000, 3_000];
// Published prices: $0.009, $0.034 and $0.133.
const QUALITIES = ['low', 'medium', 'high'] as const;
const THRESHOLD = 0.02;

type Call = ReturnType<typeof edit>;
const promptOf = ({ arguments: { prompt } }: Call) => prompt;

/** Expects that of so many random jobs for four clients on two servers only approved ones cost more than the threshold. */
export async function expectApproved(jobs: number): Promise<void> {
  const random = createRandom(16);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  /** How often the dear call with a prompt was approved in time. */
  const allowed = new Map<string, number>();
  const allow = (prompt: string) => allowed.set(prompt, (allowed.get(prompt) ?? 0) + 1);
  const given: { code: string; prompt: string; isApproved?: true }[] = [];
  const told = { wanted: 0, asked: 0, refused: 0, approved: 0, void: 0 };

  /** The user of a client with forms, who may say anything, or nothing in time. */
  const user = async ({ message }: { message: string }) => {
    const [, prompt = ''] = /Prompt: "(.*)"/.exec(message) ?? [];
    expect(prompt).not.toContain('low');
    told.asked += 1;
    const mood = random();
    if (mood < 0.4) {
      allow(prompt);
      return YES();
    }
    if (mood < 0.6) return { action: 'decline' };
    if (mood < 0.7) return { action: 'accept', content: { approve: 'yes' } };
    if (mood < 0.8) throw new Error('no window');
    return one.clock.sleep(2 * TIMEOUT).then(YES);
  };
  const one = await connectAsking(user, {
    confirmAboveUsd: THRESHOLD,
    sandboxOptions: { pace: 0, slots: 1_000 },
  });
  // So that the balance lasts: what counts here is the published price.
  for (let job = 0; job < 2 * jobs; job++) one.sandbox.engine.planNext({ costUsd: 0.001 });
  const same = { confirmAboveUsd: THRESHOLD, dataDir: one.config.dataDir, baseUrl: one.sandbox.origin };
  const two = await connectAsking(undefined, same);
  const clients: Connected[] = [
    one,
    two,
    await connectAsking(user, { ...same, era: '2026-07-28' }),
    await connectAsking(undefined, { ...same, era: '2026-07-28' }),
  ];

  /** Calls by some client, which may be stopped early and is in any case before a user's late answer. */
  async function send(call: Call) {
    told.wanted += 1;
    const stop = new AbortController();
    const after = random() < 0.3 ? pick([1, 300]) : TIMEOUT;
    one.clock.sleep(after, stop.signal).then(
      () => stop.abort('Request timed out'),
      () => {},
    );
    const answered = pick(clients).client.callTool(call, { signal: stop.signal });
    const result = await answered.catch(() => undefined);
    stop.abort();
    return result;
  }

  async function play(): Promise<void> {
    const quality = pick(QUALITIES);
    const call = edit(`${quality} ${Math.floor(random() * PROMPTS)}`, quality);
    const result = await send(call);
    if (!result?.isError) return;
    told.refused += 1;
    const code = codeIn(result);
    if (code !== 'none') given.push({ code, prompt: promptOf(call) });
    // An agent that approves the new code, an old one, or makes one up.
    const chosen = random() < 0.6 ? given.at(-1) : pick(given);
    if (!chosen || random() < 0.3) return;
    const answer = await approve(pick(clients), random() < 0.9 ? chosen.code : chosen.code.toLowerCase());
    if (answer.isError) told.void += 1;
    else if (!chosen.isApproved) {
      chosen.isApproved = true;
      told.approved += 1;
      allow(chosen.prompt);
    }
    const again = edit(random() < 0.9 ? chosen.prompt : `${chosen.prompt}0`, quality);
    await Promise.all([send(again), send(again)]);
  }

  const submitted = () => {
    const counts = new Map<string, number>();
    for (const { input } of one.sandbox.engine.jobs)
      if (input.quality !== 'low')
        counts.set(String(input.prompt), (counts.get(String(input.prompt)) ?? 0) + 1);
    return counts;
  };
  for (let round = 0; told.wanted < jobs; round++) {
    await Promise.all(Array.from({ length: AT_ONCE }, play));
    const counts = submitted();
    for (const [prompt, count] of counts) expect(count, prompt).toBeLessThanOrEqual(allowed.get(prompt) ?? 0);
    if (round % 2 === 0) continue;
    // What was approved and not used by now is void.
    for (const each of new Set(clients)) each.jumpClock(LIFE);
    for (const prompt of allowed.keys()) allowed.set(prompt, counts.get(prompt) ?? 0);
  }
  // The test has teeth: enough was approved, refused and let through.
  const dear = [...submitted().values()].reduce((sum, count) => sum + count, 0);
  expect(dear).toBeGreaterThan(jobs / 20);
  expect(one.sandbox.engine.jobs.length - dear).toBeGreaterThan(jobs / 20);
  expect(Math.min(told.asked, told.refused, told.approved, told.void)).toBeGreaterThan(jobs / 50);
}
