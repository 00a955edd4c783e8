import { describe, expect, it } from 'vitest';
import { readRecords } from '../support/books.ts';
import { type Connected, connect } from '../support/program.ts';

const TOOL = 'gpt_image_2_text_to_image';
const RUN_S = 60;
const EARLY = 0.6;

/** Makes a picture that takes RUN_S seconds, and tells how many reads fell into the first part of its run. */
async function earlyLooks(
  { client }: Connected,
  { sandbox, clock }: Connected,
  input: { prompt: string; quality?: string },
): Promise<number> {
  sandbox.engine.planNext({ queueMs: 0, runMs: 1000 * RUN_S });
  const reads: number[] = [];
  sandbox.failAtRandom((route) => {
    if (route === 'status' || route === 'result') reads.push(clock.now());
    return undefined;
  });
  const { structuredContent } = await client.callTool({ name: TOOL, arguments: input });
  expect(structuredContent).toMatchObject({ status: 'succeeded' });
  const { startedAt = 0 } = sandbox.engine.jobs.at(-1) ?? {};
  return reads.filter((at) => at < startedAt + EARLY * 1000 * RUN_S).length;
}

describe('looks', () => {
  it('leave out the time in which jobs like those before never ended, also in a process that finds their records', async () => {
    const first = await connect();
    const { baseUrl, dataDir } = first.config;
    let cold = 0;
    for (const quality of ['low', 'medium', 'high'])
      cold += await earlyLooks(first, first, { prompt: 'a fox', quality });
    for (let jobs = 0; jobs < 6; jobs++) await earlyLooks(first, first, { prompt: 'a fox' });
    const next = await connect({ baseUrl, dataDir });
    let learned = await earlyLooks(first, first, { prompt: 'a fox' });
    for (const prompt of ['a vixen', 'a cub']) learned += await earlyLooks(next, first, { prompt });
    expect(learned).toBeLessThan(0.8 * cold);
    const ran = readRecords(dataDir).flatMap(({ ran_seconds, input }) =>
      input.resolution === undefined && ran_seconds !== undefined ? [ran_seconds] : [],
    );
    expect(ran.length).toBeGreaterThan(6);
    for (const seconds of ran) expect(Math.abs(Math.log(seconds / RUN_S))).toBeLessThan(Math.log(2));
  });
});
