import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/sandbox/faults.ts';
import { checkBooks } from '../support/books.ts';
import { CALL } from '../support/calls.ts';
import { connect, textOf } from '../support/program.ts';
import { createRandom } from '../support/random.ts';
import { http, type RawAnswer, startRawUpstream } from '../support/raw-upstream.ts';

const never = new Promise<never>(() => {});
/** What anything between here and RunComfy may say of a job that is there. */
const GATEWAY_404 = [
  '<html>404 Not Found</html>',
  { detail: 'Not Found' },
  { code: 404001 },
  { error_code: 404002 },
  { error_code: 400001 },
].map((body) => ({ status: 404, body }));
const FAILURES: Fault['what'][] = [
  'before',
  'after',
  'cut',
  { hold: never },
  { status: 502, body: '<html>Bad Gateway</html>' },
  { status: 500, body: { message: 'boom' } },
  { status: 429, body: {}, headers: { 'retry-after': '3' } },
  ...GATEWAY_404,
  { status: 200, body: '<html>Welcome</html>' },
  { status: 200, body: { odd: true } },
];

describe('reads', () => {
  it.each(FAILURES)('that fail with %j do not end a job', async (what) => {
    const { client, sandbox } = await connect({ httpLimits: { headers: 100, body: 100 } });
    for (const on of ['status', 'result'] as const) sandbox.inject({ on, times: 2, what });
    expect((await client.callTool(CALL)).structuredContent).toMatchObject({ status: 'succeeded' });
    expect(sandbox.engine.jobs).toHaveLength(1);
  });

  it.each(GATEWAY_404)(
    'and cancellations that answer %j for good leave it open whether there is a job',
    async (what) => {
      const { client, sandbox } = await connect({ waitSeconds: 60 });
      for (const on of ['status', 'cancel'] as const)
        sandbox.inject({ on, times: Number.POSITIVE_INFINITY, what });
      for (const name of ['get_image_job', 'cancel_image_job']) {
        const text = textOf(await client.callTool({ name, arguments: { request_id: 'some-job' } }));
        expect(text).toMatch(/HTTP 404.*\[service_error\]$/);
      }
    },
  );

  it('that fail 30% of the time at random lose none of 60 jobs', async () => {
    const { client, sandbox, config } = await connect({
      sandboxOptions: { slots: 60 },
      httpLimits: { headers: 100, body: 100 },
    });
    const random = createRandom(20_261_120);
    sandbox.failAtRandom((route) => {
      if ((route !== 'status' && route !== 'result') || random() >= 0.3) return undefined;
      return FAILURES[Math.floor(random() * FAILURES.length)];
    });
    const prompts = Array.from({ length: 60 }, (_, index) => `fox ${index}`);
    const results = await Promise.all(
      prompts.map((prompt) => client.callTool({ ...CALL, arguments: { prompt } })),
    );
    for (const result of results)
      expect(result.structuredContent, textOf(result)).toMatchObject({ status: 'succeeded' });
    expect(sandbox.engine.jobs).toHaveLength(60);
    checkBooks(sandbox, config.dataDir, 60);
  });

  it('that fail for the whole wait leave the job running, and say so', async () => {
    const { client, sandbox } = await connect({ waitSeconds: 20 });
    sandbox.inject({
      on: 'status',
      times: Number.POSITIVE_INFINITY,
      what: { status: 503, body: { message: 'busy' } },
    });
    const result = await client.callTool(CALL);
    expect(result.isError).toBeFalsy();
    expect(result.structuredContent).toMatchObject({
      status: 'in_queue',
      request_id: sandbox.engine.jobs[0]?.id,
    });
    expect(textOf(result)).toContain('reading it failed');
    const unknown = await client.callTool({ name: 'get_image_job', arguments: { request_id: 'never-seen' } });
    expect(textOf(unknown)).toMatch(/\[service_error\]$/);
  });

  it('that are refused for good tell the request id, so that nothing is submitted again', async () => {
    const { client, sandbox, config } = await connect();
    sandbox.inject({ on: 'status', times: Number.POSITIVE_INFINITY, what: { status: 401, body: {} } });
    const text = textOf(await client.callTool(CALL));
    expect(text).toContain(`get_image_job with request_id "${sandbox.engine.jobs[0]?.id}"`);
    expect(text).toMatch(/It may be charged\. \[key_refused\]$/);
    checkBooks(sandbox, config.dataDir, 1);
  });

  it('of a request that is not visible yet are repeated', async () => {
    const { client, sandbox } = await connect();
    sandbox.inject({ on: 'status', times: 3, what: { status: 404, body: { error_code: 404001 } } });
    expect((await client.callTool(CALL)).structuredContent).toMatchObject({ status: 'succeeded' });
  });
});

describe('replies of a gateway that spoils them', () => {
  const BALANCE = { balance_usd: 5 };
  const told = (answer: RawAnswer) => startRawUpstream([], { free: () => answer });
  const balance = async ({ origin }: { origin: string }) => {
    const { client } = await connect({ baseUrl: origin, balanceUrl: `${origin}/prod/v2/balance` });
    return textOf(await client.callTool({ name: 'get_balance', arguments: {} }));
  };

  it.each([
    ['a byte order mark', http(200, `\ufeff${JSON.stringify(BALANCE)}`)],
    ['a length that is too long', { ...http(200, BALANCE, { 'content-length': 99 }), ends: true }],
    ['gzip', http(200, gzipSync(JSON.stringify(BALANCE)), { 'content-encoding': 'gzip' })],
  ])('by %s are read all the same', async (_, answer) => {
    expect(await balance(await told(answer))).toContain('$5');
  });

  it('by cutting them are no answers', async () => {
    const cut = { ...http(200, '{"balance_usd": 5', { 'content-length': 99 }), ends: true };
    expect(await balance(await told(cut))).toMatch(/did not answer \(UND_ERR_SOCKET\).*\[unreachable\]$/);
  });
});

describe('a clock that jumps', () => {
  it.each([
    ['an hour forward', 3_600_000],
    ['an hour back', -3_600_000],
    ['half a minute back', -30_000],
  ])('%s while a job runs loses nothing', async (_, jump) => {
    const connected = await connect({ waitSeconds: Number.POSITIVE_INFINITY });
    const { client, sandbox, config } = connected;
    sandbox.engine.planNext({ queueMs: 0, runMs: 10_000 });
    const onprogress = ({ message = '' }: { message?: string | undefined }) => {
      if (message.includes('in_progress')) connected.jumpClock(jump);
      jump = 0;
    };
    const result = await client.callTool(CALL, { onprogress, timeout: 60_000 });
    expect(result.structuredContent).toMatchObject({ status: 'succeeded' });
    checkBooks(sandbox, config.dataDir, 1);
  });
});
