import { rmSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../src/sandbox/server.ts';
import { checkBooks, readRecords } from '../support/books.ts';
import { CALL, finishAll, promised } from '../support/calls.ts';
import { createFastClock } from '../support/clock.ts';
import { type Host, startHost } from '../support/host.ts';
import { connect, freshDataDir, KEY } from '../support/program.ts';

const OTHER = { ...CALL, arguments: { prompt: 'an owl' } };
const RUNNING = { queueMs: 0, runMs: 3_600_000 };
// The order in which calls get to write and to look differs from round to round.
const ROUNDS = 8;

/** A call of a host that is about to be killed: `seen` resolves when its job is followed, or the call ended before. */
function followed(host: Host, call: typeof CALL) {
  const { promise: progress, resolve: tell } = promised();
  const answer = host.call(call.name, call.arguments, { onProgress: tell }).catch(() => 'cut');
  return { answer, seen: Promise.race([progress, answer]) };
}

describe('several processes', () => {
  it('do not take a job that a call follows, in this process or in another that lives', async () => {
    const one = await connect({ clock: createFastClock(25) });
    const host = await startHost({ baseUrl: one.sandbox.origin, dataDir: one.config.dataDir });
    const six = await Promise.all([
      ...Array.from({ length: 3 }, () =>
        one.client.callTool(CALL).then(({ structuredContent }) => structuredContent),
      ),
      ...Array.from({ length: 3 }, () => host.call(CALL.name, CALL.arguments).then(({ data }) => data)),
    ]);
    expect(new Set(six.map((data) => (data as { request_id: string }).request_id)).size).toBe(6);
    expect(one.sandbox.engine.jobs).toHaveLength(6);
  });

  it('that race to take up the same job: one gets it, the others submit', async () => {
    const one = await connect({ clock: createFastClock(25), waitSeconds: 0 });
    one.sandbox.engine.planNext(RUNNING);
    await one.client.callTool(CALL);
    await expect.poll(() => readRecords(one.config.dataDir)[0]?.lease).toBeUndefined();
    finishAll(one.sandbox);
    const start = () => startHost({ baseUrl: one.sandbox.origin, dataDir: one.config.dataDir });
    const others = await Promise.all([start(), start(), start(), start()]);
    const results = await Promise.all(others.map(({ call }) => call(CALL.name, CALL.arguments)));
    const resumed = results.filter(({ data }) => data.resumed);
    expect(resumed).toHaveLength(1);
    expect(one.sandbox.engine.jobs).toHaveLength(4);
    checkBooks(one.sandbox, one.config.dataDir, 5);
  });

  it('six with equal and with different calls, killed and called again: every job is collected once', async () => {
    const one = await connect({ clock: createFastClock(25) });
    const start = () => startHost({ baseUrl: one.sandbox.origin, dataDir: one.config.dataDir });
    for (let count = 0; count < 6; count++) one.sandbox.engine.planNext(RUNNING);
    const calls = [CALL, CALL, CALL, OTHER, OTHER, { ...CALL, arguments: { prompt: 'a newt' } }];
    const hosts = await Promise.all(calls.map(start));
    const answers = hosts.map((host, index) => followed(host, calls[index] ?? CALL));
    await Promise.all(answers.map(({ seen }) => seen));
    await Promise.all(hosts.map((host) => host.kill()));
    for (const { answer } of answers) expect(await answer).toBe('cut');
    finishAll(one.sandbox);
    const again = await Promise.all(
      calls.map(async (call) => {
        const { data } = await (await start()).call(call.name, call.arguments);
        expect(data).toMatchObject({ status: 'succeeded', resumed: true });
        return data.request_id;
      }),
    );
    expect(new Set(again).size).toBe(6);
    expect(one.sandbox.engine.jobs).toHaveLength(6);
    checkBooks(one.sandbox, one.config.dataDir, 6);
  });

  it('that submit five jobs each at once keep twenty records', async () => {
    const sandbox = await startSandbox({ key: KEY, pace: 0, slots: 20 });
    onTestFinished(() => sandbox.close());
    const dataDir = freshDataDir();
    const hosts = await Promise.all(
      Array.from({ length: 4 }, () => startHost({ baseUrl: sandbox.origin, dataDir })),
    );
    const answers = await Promise.all(
      hosts.flatMap((host, of) =>
        Array.from({ length: 5 }, (_, nth) => host.call(CALL.name, { prompt: `fox ${nth} of ${of}` })),
      ),
    );
    for (const { data, text } of answers) expect(data, text).toMatchObject({ status: 'succeeded' });
    const ids = sandbox.engine.jobs.map(({ id }) => id).sort();
    expect(ids).toHaveLength(20);
    expect(answers.map(({ data }) => data.request_id).sort()).toEqual(ids);
    // Each changes once more behind its answer, when its picture is kept.
    const states = () => Object.fromEntries(readRecords(dataDir).map((job) => [job.request_id, job.state]));
    await expect.poll(states).toEqual(Object.fromEntries(ids.map((id) => [id, 'succeeded'])));
  });

  it('which exactly fills the places: twelve calls of four processes at once', async () => {
    const sandbox = await startSandbox({ key: KEY });
    onTestFinished(() => sandbox.close());
    const dataDir = freshDataDir();
    const args = ['--max-jobs-per-hour', '5', '--wait', '0'];
    const hosts = await Promise.all(
      Array.from({ length: 4 }, () => startHost({ baseUrl: sandbox.origin, dataDir, args })),
    );
    for (let round = 1; round <= ROUNDS; round++) {
      await Promise.all(
        hosts.flatMap((host, of) =>
          [1, 2, 3].map((nth) => host.call('gpt_image_2_text_to_image', { prompt: `${round} ${of} ${nth}` })),
        ),
      );
      expect(sandbox.engine.jobs, `round ${round}`).toHaveLength(5 * round);
      // Once nobody writes to them any more, the next round starts without records.
      await expect.poll(() => readRecords(dataDir).every(({ lease }) => lease === undefined)).toBe(true);
      rmSync(dataDir, { recursive: true });
    }
  });
});
