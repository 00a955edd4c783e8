import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../src/service/metrics/definitions.ts';
import { CALL, finishAll } from '../support/calls.ts';
import { METRICS_ADDRESS, serveWithMetrics } from '../support/metrics.ts';
import { eventually, freshDataDir, KEY } from '../support/program.ts';
import { connectHttp, serve } from '../support/service.ts';
import { callOf, newToken, post, TENANT_KEY, tenantsFile } from '../support/tenants.ts';

const MODEL = 'openai/gpt-image-2/text-to-image';
const HOUR = 3_600_000;
const OPERATIONS = 'mcp_server_operation_duration_seconds';
const callsOf = (tool: string, more = '') => `mcp_method_name=tools/call,gen_ai_tool_name=${tool}${more}`;

describe('metrics', () => {
  it('tell of a picture: the requests, the job, what it cost, RunComfy and the records', async () => {
    const { url, sandbox, read, scrape } = await serveWithMetrics();
    const client = await connectHttp(url);
    await client.listTools();
    sandbox.engine.planNext({ costUsd: 0.04 });
    await client.callTool(CALL);
    expect(await read(OPERATIONS)).toEqual({
      'mcp_method_name=initialize': 1,
      'mcp_method_name=tools/list': 1,
      [callsOf(CALL.name)]: 1,
    });
    expect(await read('runcomfy_jobs_total')).toEqual({ [`model=${MODEL},outcome=succeeded`]: 1 });
    expect(await read('runcomfy_spent_usd_total')).toEqual({ 'tenant=local': 0.04 });
    expect(await read('runcomfy_api_request_duration_seconds')).toMatchObject({
      'endpoint=submit,outcome=ok': 1,
      'endpoint=result,outcome=ok': 1,
    });
    expect(await read('runcomfy_store_operation_duration_seconds')).toMatchObject({
      'operation=reserve,outcome=ok': 1,
      'operation=accepted,outcome=ok': 1,
    });
    const text = await scrape();
    expect(text).toContain('process_resident_memory_bytes');
    for (const name of Object.keys(METRICS)) expect(text).toContain(`# TYPE ${name} `);
  });

  it('tell of calls that wait and jobs that are open, and of one that is taken over', async () => {
    const { url, sandbox, read } = await serveWithMetrics();
    sandbox.engine.planNext({ queueMs: 0, runMs: HOUR });
    const client = await connectHttp(url);
    const gone = expect(client.callTool(CALL)).rejects.toThrow();
    await eventually(() => sandbox.engine.jobs.length).toBe(1);
    expect(await read('runcomfy_waiting_calls')).toEqual({ '': 1 });
    expect(await read('runcomfy_open_jobs')).toEqual({ 'tenant=local': 1 });
    expect(await read('runcomfy_takeovers_total')).toEqual({ '': 0 });
    await client.close();
    await gone;
    finishAll(sandbox);
    const result = await (await connectHttp(url)).callTool(CALL);
    expect(result.structuredContent).toMatchObject({ resumed: true });
    expect(await read('runcomfy_takeovers_total')).toEqual({ '': 1 });
    expect(await read('runcomfy_waiting_calls')).toEqual({ '': 0 });
    expect(await read('runcomfy_jobs_total')).toEqual({ [`model=${MODEL},outcome=succeeded`]: 1 });
    expect(await read(OPERATIONS)).toMatchObject({
      [callsOf(CALL.name)]: 1,
      [callsOf(CALL.name, ',error_type=disconnected')]: 1,
    });
  });

  it('tell of jobs that failed or were cancelled, and of submits of which nothing is known, once', async () => {
    const { url, sandbox, read } = await serveWithMetrics();
    const client = await connectHttp(url);
    const make = (prompt: string) => client.callTool({ ...CALL, arguments: { prompt } });
    sandbox.engine.planNext({ outcome: 'failed' });
    await make('fails');
    sandbox.engine.planNext({ queueMs: HOUR });
    const queued = make('is cancelled');
    await eventually(() => sandbox.engine.jobs.length).toBe(2);
    const request_id = sandbox.engine.jobs[1]?.id as string;
    await client.callTool({ name: 'cancel_image_job', arguments: { request_id } });
    await queued;
    for (const _ of ['twice', 'is asked']) {
      sandbox.inject({ on: 'submit', what: 'after' });
      await make('lost');
    }
    expect(await read('runcomfy_jobs_total')).toEqual({
      [`model=${MODEL},outcome=failed`]: 1,
      [`model=${MODEL},outcome=cancelled`]: 1,
    });
    expect(await read('runcomfy_submits_unknown_total')).toEqual({ [`model=${MODEL}`]: 2 });
    expect(await read(OPERATIONS)).toMatchObject({ [callsOf(CALL.name, ',error_type=submit_unknown')]: 2 });
  });

  it('count a job once, whichever of two processes sees its end', async () => {
    const dataDir = freshDataDir();
    const one = await serveWithMetrics({ dataDir });
    const two = await serveWithMetrics({ dataDir, sandbox: one.sandbox });
    const clients = [await connectHttp(one.url), await connectHttp(two.url)] as const;
    for (let job = 0; job < 5; job++) {
      one.sandbox.engine.planNext({ costUsd: 0.5, runMs: 5_000 });
      const first = clients[0].callTool({ ...CALL, arguments: { prompt: `fox ${job}` } });
      await eventually(() => one.sandbox.engine.jobs.length).toBe(job + 1);
      const request_id = one.sandbox.engine.jobs[job]?.id as string;
      const asked = clients.map((client) =>
        client.callTool({ name: 'get_image_job', arguments: { request_id } }),
      );
      await Promise.all([first, ...asked]);
    }
    const sum = async (name: string) => {
      const found = [await one.read(name), await two.read(name)].flatMap((each) => Object.values(each));
      return found.reduce((total, value) => total + value, 0);
    };
    expect(await sum('runcomfy_jobs_total')).toBe(5);
    expect(await sum('runcomfy_spent_usd_total')).toBe(2.5);
    expect(await sum('runcomfy_open_jobs')).toBe(0);
  });

  it('have labels of ours only: what a client writes is none', async () => {
    const { url, read, scrape } = await serveWithMetrics();
    const client = await connectHttp(url, 'SDK 2.x, 2025', { name: 'evil-client' });
    await expect(client.callTool({ name: 'evil_tool' })).rejects.toThrow();
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'evil/method' });
    await (await fetch(url, { method: 'POST', headers, body })).text();
    await client.callTool({ name: 'run_image_model', arguments: { model: 'evil/model', input: {} } });
    expect(await read(OPERATIONS)).toMatchObject({
      'mcp_method_name=tools/call,error_type=-32602': 1,
      'mcp_method_name=other,error_type=-32601': 1,
    });
    expect(await scrape()).not.toContain('evil');
  });

  it('tell of requests that are refused, and not of health', async () => {
    const { url, read } = await serveWithMetrics();
    const { origin } = new URL(url);
    await fetch(url, { method: 'POST', headers: { origin: 'https://evil.example' } });
    await fetch(`${origin}/metrics`).then(({ status }) => expect(status).toBe(404));
    await fetch(url, { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } });
    await fetch(`${origin}/healthz`);
    await eventuallyRefused(read, { 'reason=forbidden': 1, 'reason=not_found': 1, 'reason=malformed': 1 });
  });

  it('tell tenants apart, and hold no key or token of theirs, also where RunComfy echoes it', async () => {
    const { token, entry } = newToken();
    const { file } = tenantsFile({ acme: { runcomfy_key: TENANT_KEY, tokens: [entry] } });
    const { url, sandbox, scrape, read } = await serveWithMetrics({
      http: { auth: { mode: 'tokens', file } },
    });
    const client = await connectHttp(url, 'SDK 2.x, 2025', { name: `client of ${KEY} ${token}`, token });
    sandbox.engine.planNext({ costUsd: 0.25 });
    await client.callTool(CALL);
    expect(await read('runcomfy_spent_usd_total')).toEqual({ 'tenant=acme': 0.25 });
    const stranger = `${token}x`;
    expect((await post(url, callOf('get_balance'), stranger)).status).toBe(401);
    await eventuallyRefused(read, { 'reason=unauthenticated': 1 });
    const said = { error_message: `Bearer ${KEY} is bad`, message: KEY, model_id: KEY };
    const texts: string[] = [];
    for (const on of ['submit', 'status', 'result', 'cancel', 'balance', 'models', 'model'] as const)
      sandbox.inject({ on, what: { status: 403, body: said }, times: 3 });
    for (const call of [
      { ...CALL, arguments: { prompt: KEY } },
      { name: 'get_balance', arguments: {} },
      { name: 'get_image_job', arguments: { request_id: KEY } },
      { name: 'cancel_image_job', arguments: { request_id: KEY } },
      { name: 'find_image_models', arguments: { query: KEY } },
      { name: 'run_image_model', arguments: { model: `a/${KEY}`, input: { prompt: KEY } } },
    ]) {
      await client.callTool(call);
      texts.push(await scrape());
    }
    await expect(client.callTool({ name: KEY })).rejects.toThrow();
    texts.push(await scrape());
    expect(texts.join('\n')).toContain('error_type="key_refused"');
    for (const secret of [KEY, token]) expect(texts.join('\n')).not.toContain(secret);
  });
});

/** A refusal is counted when its response has left. */
async function eventuallyRefused(
  read: (name: string) => Promise<Record<string, number>>,
  expected: Record<string, number>,
) {
  await expect.poll(() => read('runcomfy_refused_requests_total')).toEqual(expected);
}

describe('the address of metrics', () => {
  it('is an own one, and serves nothing else', async () => {
    const { url, metricsUrl = '' } = await serveWithMetrics();
    expect(new URL(metricsUrl).port).not.toBe(new URL(url).port);
    expect((await fetch(new URL('/mcp', metricsUrl))).status).toBe(404);
    expect((await fetch(metricsUrl, { method: 'POST' })).status).toBe(405);
    expect((await serve()).metricsUrl).toBeUndefined();
  });

  it.each([
    ['127.0.0.1:9464', 200],
    ['localhost', 200],
    ['[::1]:9464', 200],
    ['runcomfy-image-mcp:9464', 200],
    ['metrics.example.com', 200],
    ['rebound.evil.example:9464', 403],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['[evil]', 403],
  ])(
    'is told to a scraper, not to a page whose name was made to lead here: %j gets %i',
    async (host, status) => {
      const { metricsUrl = '' } = await serveWithMetrics({
        http: { metrics: METRICS_ADDRESS, allowedHosts: ['metrics.example.com'] },
      });
      expect(await statusOf(metricsUrl, { host })).toBe(status);
    },
  );

  it('is told to no page that says where it is from', async () => {
    const { metricsUrl = '' } = await serveWithMetrics();
    expect(await statusOf(metricsUrl, { origin: 'http://localhost:9464' })).toBe(403);
  });
});

function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });
}
