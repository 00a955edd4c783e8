import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Fault, Route } from '../../src/sandbox/faults.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { checkBooks, readRecords } from '../helpers/books.ts';
import { type Answered, type Host, startHost } from '../helpers/host.ts';
import { freshDataDir, KEY } from '../helpers/program.ts';
import { createRandom } from '../helpers/random.ts';

const TASKS = Number(process.env.CHAOS_JOBS ?? 1_000);
const SEED = Number(process.env.CHAOS_SEED ?? 20_261_120);
const HOSTS = 6;
const AT_ONCE = 60;
const MOST_CALLS = 60;
const TOOL = 'gpt_image_2_text_to_image';

/** What upstream does wrong, as [share of requests, fault]; what is left over goes well. */
const FAULTS: Partial<Record<Route, [share: number, what: Fault['what']][]>> = {
  submit: [
    [0.04, 'before'],
    [0.04, 'after'],
    [0.03, 'cut'],
    [0.03, { status: 502, body: '<html>Bad Gateway</html>' }],
    [0.03, { status: 429, body: {}, headers: { 'retry-after': '0' } }],
    [0.02, { status: 402, body: {} }],
    [0.02, { status: 200, body: {} }],
  ],
  status: [
    [0.1, 'after'],
    [0.1, { status: 503, body: { message: 'busy' } }],
  ],
  result: [
    [0.1, 'cut'],
    [0.1, { status: 500, body: '<html>' }],
  ],
  cancel: [[0.2, 'after']],
};

interface Tally {
  calls: number;
  kills: number;
  timeouts: number;
  stops: number;
  doubts: number;
  refusals: number;
  resumed: number;
  handovers: number;
  crossed: number;
  pictures: number;
}

it(`chaos: ${TASKS} tasks, seed ${SEED}`, async () => {
  const random = createRandom(SEED);
  const sandbox = await startSandbox({ key: KEY, pace: 0.05, slots: 1_000 });
  sandbox.failAtRandom((route) => {
    let roll = random();
    return FAULTS[route]?.find(([share]) => {
      roll -= share;
      return roll < 0;
    })?.[1];
  });
  const dataDir = freshDataDir();
  const tally: Tally = {
    calls: 0,
    kills: 0,
    timeouts: 0,
    stops: 0,
    doubts: 0,
    refusals: 0,
    resumed: 0,
    handovers: 0,
    crossed: 0,
    pictures: 0,
  };
  const start = () => startHost({ baseUrl: sandbox.origin, dataDir, args: ['--wait', '1.2'] });
  const hosts = await Promise.all(Array.from({ length: HOSTS }, start));
  /** How many jobs the user meant, by prompt. */
  const meant = new Map<string, number>();
  /** How often the clock of each user's client ran out, and who got a picture. */
  const timeouts = new Map<string, number>();
  const pictured = new Set<string>();
  /** What each user went through, for the report of a failure. */
  const story = new Map<string, string[]>();
  let done = false;

  /** Kills a host now and then, and starts another in its place. */
  async function killer(): Promise<void> {
    while (!done) {
      await delay(300 + random() * 900);
      const index = Math.floor(random() * HOSTS);
      const fresh = start();
      await hosts[index]?.kill();
      hosts[index] = await fresh;
      tally.kills += 1;
    }
  }

  /** A user of one client who wants one picture and calls until it is there, or an answer says that it never will be. */
  async function task(prompt: string, slot: number): Promise<void> {
    meant.set(prompt, 1);
    const events: string[] = [];
    story.set(prompt, events);
    const tell = (event: string) =>
      void events.push(`${new Date().toISOString().slice(14)} host ${slot} ${event}`);
    const mean = () => void meant.set(prompt, (meant.get(prompt) ?? 0) + 1);
    for (let calls = 0; calls < MOST_CALLS; calls++) {
      tally.calls += 1;
      tell(`calls pid ${hosts[slot]?.pid}`);
      const stop = new AbortController();
      const roll = random();
      const reason = roll < 0.1 ? 'Request timed out' : roll < 0.13 ? 'stop' : undefined;
      if (reason) delay(random() * 3_000).then(() => stop.abort(reason));
      const answer = await (hosts[slot] as Host)
        .call(TOOL, { prompt }, { signal: stop.signal, onProgress: () => {} })
        .catch((): Answered | undefined => undefined);
      tell(answer?.text ?? `no answer, ${stop.signal.aborted ? reason : 'connection lost'}`);
      if (answer === undefined) {
        if (stop.signal.aborted && reason === 'stop') {
          tally.stops += 1;
          return;
        }
        if (stop.signal.aborted) {
          tally.timeouts += 1;
          timeouts.set(prompt, (timeouts.get(prompt) ?? 0) + 1);
        }
        await delay(100);
        continue;
      }
      if (answer.data.resumed) tally.resumed += 1;
      if (answer.data.status === 'succeeded') {
        tally.pictures += 1;
        pictured.add(prompt);
        return;
      }
      if (!answer.isError) tally.handovers += 1;
      else if (answer.text.includes('[submit_unknown]')) {
        tally.doubts += 1;
        mean();
      } else {
        expect(answer.text).toMatch(/Nothing was charged for this call\.|get_image_job/);
        tally.refusals += 1;
      }
    }
    throw new Error(`no end for "${prompt}"`);
  }

  const killing = killer();
  const prompts = Array.from({ length: TASKS }, (_, index) => `picture ${index}`);
  const queue = [...prompts];
  const work = async (worker: number) => {
    for (let prompt = queue.shift(); prompt; prompt = queue.shift()) await task(prompt, worker % HOSTS);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => work(worker)));
  done = true;
  await killing;
  await Promise.all(hosts.map((host) => host.close()));

  // An answer and a cancellation that cross on the wire: the server cannot know that nobody read it, so what it
  // recorded as delivered beyond what was read was meant, as far as the user's clock ran out as often.
  const delivered = new Map<unknown, number>();
  for (const { input, state, delivered_at } of readRecords(dataDir))
    if (state === 'succeeded' && delivered_at)
      delivered.set(input.prompt, (delivered.get(input.prompt) ?? 0) + 1);
  for (const [prompt, times] of timeouts) {
    const unread = (delivered.get(prompt) ?? 0) - (pictured.has(prompt) ? 1 : 0);
    const crossed = Math.min(times, Math.max(0, unread));
    tally.crossed += crossed;
    meant.set(prompt, (meant.get(prompt) ?? 0) + crossed);
  }

  const count = new Map<unknown, number>();
  for (const { input } of sandbox.engine.jobs) count.set(input.prompt, (count.get(input.prompt) ?? 0) + 1);
  const paidTwice = prompts.filter((prompt) => (count.get(prompt) ?? 0) > (meant.get(prompt) ?? 0));
  const total = [...meant.values()].reduce((sum, times) => sum + times, 0);
  process.stdout.write(
    `chaos, seed ${SEED}: ${JSON.stringify({ tasks: TASKS, accepted: sandbox.engine.jobs.length, meant: total, ...tally, paidTwice: paidTwice.length })}\n`,
  );
  const report = paidTwice.map((prompt) => ({
    prompt,
    story: story.get(prompt),
    records: readRecords(dataDir).filter(({ input }) => input.prompt === prompt),
    upstream: sandbox.engine.jobs.filter(({ input }) => input.prompt === prompt),
  }));
  expect(report, JSON.stringify(report, null, 1)).toEqual([]);
  checkBooks(sandbox, dataDir, total);
  await sandbox.close();
});
