import { describe, expect, it } from 'vitest';
import { type Answer, approve, codeIn, connectAsking, ERAS, edit, paint, YES } from '../support/approval.ts';
import { checkBooks, readRecords } from '../support/books.ts';
import { expectPortable } from '../support/portable.ts';
import { type Connected, connect, eventually, textOf } from '../support/program.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Nothing was sent, nothing is recorded. */
function nothingSubmitted({ sandbox, config }: Connected): void {
  expect(sandbox.requests).toEqual([]);
  expect(readRecords(config.dataDir)).toEqual([]);
}

/** Another server on the same records and the same upstream, whose client cannot ask. */
const withoutForms = ({ config, sandbox }: Connected) =>
  connectAsking(undefined, { dataDir: config.dataDir, baseUrl: sandbox.origin });

describe.each(ERAS)('a client of %s that can ask its user', (era) => {
  it('asks before a call above the threshold, and submits it once on a yes', async () => {
    const questions: string[] = [];
    const one: Connected = await connectAsking(
      ({ message }) => {
        if (questions.push(message) === 1) nothingSubmitted(one);
        return YES();
      },
      { era },
    );
    const result = await one.client.callTool(edit('a "fox"\nFree of charge!'));
    expect(result.structuredContent).toMatchObject({ status: 'succeeded', cost_usd: 0.133 });
    expect(questions).toEqual([
      `Submit 1 job of openai/gpt-image-1-5/image-to-image and pay for it? Estimated $0.133 (published price). You asked to confirm above $0.05. Prompt: "a 'fox' Free of charge!"`,
    ]);
    expect(one.sandbox.engine.jobs).toHaveLength(1);
    await eventually(() => readRecords(one.config.dataDir)[0]?.delivered_at).toBeDefined();
    checkBooks(one.sandbox, one.config.dataDir, 1);
    // The approval was for that call: the same again is another picture.
    expect((await one.client.callTool(edit('a "fox"\nFree of charge!'))).isError).toBeFalsy();
    expect(questions).toHaveLength(2);
  });

  it('asks for an unknown price at any threshold, and never for what is cheap or free', async () => {
    const questions: string[] = [];
    const answer: Answer = ({ message }) => {
      questions.push(message);
      return YES();
    };
    const one = await connectAsking(answer, { era, confirmAboveUsd: 0.133 });
    const { structuredContent } = await one.client.callTool(edit('a fox'));
    const { request_id } = structuredContent as { request_id: string };
    for (const name of ['get_image_job', 'cancel_image_job'])
      await one.client.callTool({ name, arguments: { request_id } });
    for (const name of ['list_image_jobs', 'get_balance', 'find_image_models'])
      await one.client.callTool({ name, arguments: {} });
    expect(questions).toEqual([]);
    expect((await one.client.callTool(paint('a fox'))).isError).toBeFalsy();
    expect(questions).toEqual([expect.stringContaining('Cost unknown. You asked to confirm above $0.133.')]);
  });

  it('does not ask for a job that is paid already', async () => {
    let asked = 0;
    const answer = () => {
      asked += 1;
      return YES();
    };
    const one = await connectAsking(answer, { era, waitSeconds: 0 });
    one.sandbox.engine.planNext({ queueMs: MINUTE });
    await one.client.callTool(edit('a fox'));
    expect((await one.client.callTool(edit('a fox'))).structuredContent).toMatchObject({ resumed: true });
    expect(asked).toBe(1);
    expect(one.sandbox.engine.jobs).toHaveLength(1);
  });

  it.each<[what: string, reply: unknown]>([
    ['declines', { action: 'decline' }],
    ['closes the form', { action: 'cancel' }],
    ['leaves it open whether to submit', { action: 'accept', content: {} }],
    ['says no in it', { action: 'accept', content: { approve: false } }],
    ['declines and fills it in', { action: 'decline', content: { approve: true } }],
    ['gives something else than a yes', { action: 'accept', content: { approve: 'true' } }],
  ])('submits nothing if the user %s', async (_, reply) => {
    const one = await connectAsking(() => reply, { era });
    const result = await one.client.callTool(edit('a fox'));
    expect(result.isError).toBe(true);
    expect(textOf(result)).toBe(
      'The user declined: nothing was submitted. Ask the user what to do instead; do not repeat the call. Nothing was charged for this call. [not_approved]',
    );
    nothingSubmitted(one);
  });
});

describe('an answer of the 2026-07-28 era', () => {
  it.each<[what: string, codeOf: (one: Connected) => Promise<string>]>([
    ['a code that was never given', async () => 'AAAAAAAAAAAA'],
    [
      'the code of another call',
      async (one) => codeIn(await (await withoutForms(one)).client.callTool(edit('a wolf'))),
    ],
    [
      'a code that has expired',
      async (one) => {
        const code = codeIn(await (await withoutForms(one)).client.callTool(edit('a fox')));
        one.jumpClock(10 * MINUTE);
        return code;
      },
    ],
    [
      'a code that was used',
      async (one) => {
        const other = await withoutForms(one);
        const code = codeIn(await other.client.callTool(edit('a fox')));
        await approve(other, code);
        await other.client.callTool(edit('a fox'));
        return code;
      },
    ],
  ])('that brings %s only leads to another question', async (_, codeOf) => {
    let asked = 0;
    const answer = () => {
      asked += 1;
      return { action: 'decline' };
    };
    const one = await connectAsking(answer, { era: '2026-07-28' });
    const right = codeIn(await (await withoutForms(one)).client.callTool(edit('a cat')));
    const cat = { ...edit('a cat'), inputResponses: { approve: YES() }, requestState: right };
    expect((await one.client.callTool(cat)).isError).toBeFalsy();
    expect(asked).toBe(0);
    const requestState = await codeOf(one);
    const before = one.sandbox.engine.jobs.length;
    const call = { ...edit('a fox'), inputResponses: { approve: YES() }, requestState };
    const result = await one.client.callTool(call);
    expect(textOf(result)).toMatch(/^The user declined/);
    expect(asked).toBe(1);
    expect(one.sandbox.engine.jobs).toHaveLength(before);
  });
});

describe('a question of the 2025 era', () => {
  it.each<[what: string, answer: Answer]>([
    ['an error', () => Promise.reject(new Error('no window'))],
    ['garbage', () => ({ action: 'perhaps' })],
    ['nothing', () => ({})],
  ])('that the client answers with %s goes to the agent', async (_, answer) => {
    const one = await connectAsking(answer);
    const result = await one.client.callTool(edit('a fox'));
    expect(textOf(result)).toMatch(/^Not submitted: .* call approve_cost with code "\w{12}"/);
    expect(one.log.join('')).toContain('info: the client cannot ask its user: ');
    nothingSubmitted(one);
    await approve(one, codeIn(result));
    expect((await one.client.callTool(edit('a fox'))).isError).toBeFalsy();
  });

  it('keeps a client awake that wants progress, and tells of the job after it', async () => {
    const seen: string[] = [];
    const one: Connected = await connectAsking(async () => {
      await one.clock.sleep(3 * MINUTE);
      return YES();
    });
    await one.client.callTool(edit('a fox'), { onprogress: ({ message = '' }) => seen.push(message) });
    const waiting = seen.filter((message) => message === "waiting for the user's approval");
    expect(waiting.length).toBeGreaterThanOrEqual(18);
    expect(seen.slice(0, waiting.length)).toEqual(waiting);
    expect(seen.at(-1)).toContain(one.sandbox.engine.jobs[0]?.id);
  });

  it('ends after 10 minutes', async () => {
    const one = await connectAsking(() => new Promise(() => {}));
    const began = one.clock.now();
    const result = await one.client.callTool(edit('a fox'), { timeout: 30 * MINUTE });
    expect(Math.round((one.clock.now() - began) / MINUTE)).toBe(10);
    expect(textOf(result)).toMatch(/^The user did not answer: nothing was submitted\. .* \[not_approved\]$/);
    nothingSubmitted(one);
  });

  it.each(['user gave up', 'Request timed out'])('is void once the call ended: %s', async (why) => {
    let say: (reply: unknown) => void = () => {};
    const stop = new AbortController();
    const one = await connectAsking(() => new Promise((resolve) => (say = resolve)));
    const call = one.client.callTool(edit('a fox'), { signal: stop.signal });
    call.catch(() => {});
    await eventually(() => one.log.join('')).toBeDefined();
    await one.clock.sleep(SECOND);
    stop.abort(why);
    await expect(call).rejects.toThrow();
    say(YES());
    await one.clock.sleep(MINUTE);
    nothingSubmitted(one);
    // Nor is it kept for later.
    const again = one.client.callTool(edit('a fox'));
    await one.clock.sleep(SECOND);
    nothingSubmitted(one);
    say({ action: 'decline' });
    expect((await again).isError).toBe(true);
  });
});

describe('a client that cannot ask', () => {
  it.each(ERAS)('gets a code, for one call, once (%s)', async (era) => {
    const one = await connectAsking(undefined, { era });
    const refused = await one.client.callTool(edit('a fox'));
    expect(refused.isError).toBe(true);
    const code = codeIn(refused);
    expect(code).toMatch(/^[A-HJKMNP-TV-Z0-9]{12}$/);
    expect(textOf(refused).replace(code, 'CODE')).toMatchSnapshot('refused');
    nothingSubmitted(one);

    const approved = await approve(one, code);
    const until = (approved.structuredContent as { expires_at: string }).expires_at;
    expect(textOf(approved).replaceAll(until, 'TIME')).toMatchSnapshot('approved');
    expect(approved.structuredContent).toMatchObject({ max_usd: 0.133 });
    nothingSubmitted(one);

    // Anything else needs an approval of its own.
    for (const other of [edit('a wolf'), paint('a fox')])
      expect(codeIn(await one.client.callTool(other))).not.toBe('none');
    expect((await one.client.callTool(edit('a fox'))).isError).toBeFalsy();
    expect(one.sandbox.engine.jobs).toHaveLength(1);
    const again = await one.client.callTool(edit('a fox'));
    expect(codeIn(again)).not.toBe(code);
    for (const wrong of [code, code.toLowerCase(), '', 'WRONG']) {
      const answer = await approve(one, wrong);
      expect(answer.isError).toBe(true);
      expect(textOf(answer)).toBe(
        'No call waits for this code: it is wrong, used, or older than 10 minutes. Repeat the call that was refused: it gives a new code if it still needs one. [not_approved]',
      );
    }
    expect(codeIn(await one.client.callTool(edit('a fox')))).not.toBe('none');
    expect(one.sandbox.engine.jobs).toHaveLength(1);
    for (const line of one.log) expect(line).not.toContain(code);
  });

  it('has 10 minutes to approve and to repeat the call', async () => {
    const one = await connectAsking(undefined);
    const late = codeIn(await one.client.callTool(edit('a fox')));
    one.jumpClock(10 * MINUTE);
    expect((await approve(one, late)).isError).toBe(true);
    await approve(one, codeIn(await one.client.callTool(edit('a fox'))));
    one.jumpClock(10 * MINUTE);
    expect(codeIn(await one.client.callTool(edit('a fox')))).not.toBe('none');
    nothingSubmitted(one);
  });

  it('may be answered by another server on the same records', async () => {
    const one = await connectAsking(undefined);
    const two = await withoutForms(one);
    await approve(two, codeIn(await one.client.callTool(edit('a fox'))));
    const both = await Promise.all([one, two].map(({ client }) => client.callTool(edit('a fox'))));
    expect(both.filter(({ isError }) => isError)).toHaveLength(1);
    expect(one.sandbox.engine.jobs).toHaveLength(1);
  });

  it('is one that shows no forms, whatever else it shows', async () => {
    const one = await connectAsking(undefined, { clientCapabilities: { elicitation: { url: {} } } });
    expect(codeIn(await one.client.callTool(edit('a fox')))).not.toBe('none');
    expect(one.log.join('')).not.toContain('cannot ask its user');
  });
});

describe('approve_cost', () => {
  it('is there with the setting only, and never without asking the user in a host that can', async () => {
    const names = async ({ client }: Connected) => (await client.listTools()).tools.map(({ name }) => name);
    expect(await names(await connect())).not.toContain('approve_cost');
    const { client } = await connect({ confirmAboveUsd: 0 });
    const { tools } = await client.listTools();
    expect(tools.find(({ name }) => name === 'approve_cost')).toMatchSnapshot();
    for (const tool of tools) expectPortable(tool);
  });
});

it('a threshold of 0 asks for whatever may cost something', async () => {
  const one = await connectAsking(undefined, { confirmAboveUsd: 0 });
  expect(codeIn(await one.client.callTool(edit('a fox', 'low')))).not.toBe('none');
  nothingSubmitted(one);
});

describe.each(ERAS)('several jobs at once (%s)', (era) => {
  const jobs = (count: number) => ({
    name: 'make_images',
    arguments: { jobs: [{ ...batchOf(edit('a fox', 'low')), count }] },
  });
  const batchOf = ({ name, arguments: input }: ReturnType<typeof edit>) => ({ model: name, input });

  it('need one approval, for what they may cost together', async () => {
    const questions: string[] = [];
    const one: Connected = await connectAsking(
      ({ message }) => {
        questions.push(message);
        return YES();
      },
      { era, confirmAboveUsd: 0.02 },
    );
    expect((await one.client.callTool(jobs(2))).isError).toBeFalsy();
    expect(questions).toEqual([]);
    expect((await one.client.callTool(jobs(3))).isError).toBeFalsy();
    expect(questions).toEqual([
      'Submit 3 jobs of openai/gpt-image-1-5/image-to-image and pay for them? Estimated $0.027 (published price). You asked to confirm above $0.02. Prompt: "a fox"',
    ]);
    expect(one.sandbox.engine.jobs).toHaveLength(5);
  });

  it('submit nothing at all if they are declined', async () => {
    const one = await connectAsking(() => ({ action: 'decline' }), { era, confirmAboveUsd: 0.02 });
    expect(textOf(await one.client.callTool(jobs(3)))).toMatch(/^The user declined/);
    nothingSubmitted(one);
  });
});
