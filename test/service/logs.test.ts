import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LogFormat } from '../../src/log.ts';
import { CALL, finishAll } from '../support/calls.ts';
import { connect, eventually, KEY } from '../support/program.ts';
import { connectHttp, serve } from '../support/service.ts';

const FORMATS: LogFormat[] = ['text', 'json'];
const EVIL = 'evil\n{"level":"error","message":"forged"}\r\nruncomfy-image-mcp error: forged\u001b[2J\u2028';

/** The lines of JSON that tell of calls. */
const callsIn = (log: readonly string[]) =>
  log.map((line) => JSON.parse(line)).filter(({ message }) => message === 'tool call');

describe('the log of calls', () => {
  it('has one JSON object for each: who, what, how it ended, how long, and of which job', async () => {
    const { url, log, sandbox, clock } = await serve({ logFormat: 'json', logLevel: 'info' });
    const client = await connectHttp(url, 'SDK 1.x', { name: 'an-agent' });
    await client.callTool(CALL);
    await client.callTool({ name: 'get_image_job', arguments: { request_id: 'nobody-has-it' } });
    const facts = { level: 'info', message: 'tool call', tenant: 'local', client: 'an-agent' };
    expect(callsIn(log)).toEqual([
      {
        ...facts,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        tool: CALL.name,
        outcome: 'ok',
        duration_ms: expect.any(Number),
        request_id: sandbox.engine.jobs[0]?.id,
      },
      expect.objectContaining({ ...facts, tool: 'get_image_job', outcome: 'unknown_request' }),
    ]);
    const [first] = callsIn(log);
    expect(first.duration_ms).toBeGreaterThan(1_000);
    expect(Date.parse(first.time)).toBeLessThanOrEqual(clock.now());
  });

  it('tells of a client that left, and of the call that took its job over', async () => {
    const { url, log, sandbox } = await serve({ logFormat: 'json', logLevel: 'info' });
    sandbox.engine.planNext({ queueMs: 0, runMs: 3_600_000 });
    const client = await connectHttp(url);
    const gone = expect(client.callTool(CALL)).rejects.toThrow();
    await eventually(() => sandbox.engine.jobs.length).toBe(1);
    await client.close();
    await gone;
    finishAll(sandbox);
    await (await connectHttp(url)).callTool(CALL);
    const [left, resumed] = callsIn(log);
    const request_id = sandbox.engine.jobs[0]?.id;
    expect(left).toMatchObject({ outcome: 'disconnected', request_id });
    expect(resumed).toMatchObject({ outcome: 'ok', request_id, resumed: true });
    const [, example = ''] = /```json\n({"time".*})\n```/.exec(readFileSync('docs/service.md', 'utf8')) ?? [];
    expect(Object.keys(JSON.parse(example))).toEqual(Object.keys(resumed));
  });

  it.each(FORMATS)('has one line for a call, whatever a client or an agent writes: %s', async (logFormat) => {
    const { url, log } = await serve({ logFormat, logLevel: 'info' });
    const client = await connectHttp(url, 'SDK 2.x, 2026-07-28', { name: EVIL });
    const before = log.length;
    await client.callTool({ ...CALL, arguments: { prompt: EVIL } });
    await client.callTool({ ...CALL, arguments: { [EVIL]: EVIL } });
    await client.callTool({ name: 'get_image_job', arguments: { request_id: EVIL } });
    const lines = log.join('').trimEnd().split('\n').slice(before);
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      expect(line).not.toMatch(/[\p{Cc}\u2028]/u);
      if (logFormat === 'json')
        expect(JSON.parse(line)).toMatchObject({ level: 'info', message: 'tool call' });
      else expect(line).toMatch(/^runcomfy-image-mcp info: tool call tenant=local /);
    }
  });

  it.each(FORMATS)('holds no prompt, URL or key, not even as the name of a client: %s', async (logFormat) => {
    const { url, log, sandbox } = await serve({ logFormat, logLevel: 'info' });
    const client = await connectHttp(url, 'SDK 2.x, 2025', { name: `I am ${KEY}` });
    const result = await client.callTool({ ...CALL, arguments: { prompt: 'a secret fox' } });
    const echo = { error_message: `a secret ${KEY} at https://x.runcomfy.net/secret.png` };
    sandbox.inject({ on: 'submit', what: { status: 422, body: echo } });
    await client.callTool({ ...CALL, arguments: { prompt: 'a secret owl' } });
    const lines = log
      .join('')
      .split('\n')
      .filter((line) => line.includes('tool call'));
    expect(lines).toHaveLength(2);
    expect(lines.join('\n')).toContain('input_refused');
    const [image] = (result.structuredContent as { images: { url: string }[] }).images;
    for (const secret of [KEY, 'secret', image?.url ?? '', '://'])
      expect(lines.join('\n')).not.toContain(secret);
  });

  it('is the same over standard input and output, without a tenant', async () => {
    const { client, log } = await connect({ logFormat: 'json', logLevel: 'info', clientName: 'a-host' });
    await client.callTool({ name: 'get_balance', arguments: {} });
    const [line, ...more] = callsIn(log);
    expect(more).toEqual([]);
    expect(line).toMatchObject({ tool: 'get_balance', client: 'a-host', outcome: 'ok' });
    expect(line).not.toHaveProperty('tenant');
  });
});

it('a setting that did not arrive is told of over HTTP too, without its value', async () => {
  const { log } = await serve({ ignored: [{ from: 'RUNCOMFY_METRICS', why: 'unexpanded' }] });
  expect(log.join('')).toMatch(/RUNCOMFY_METRICS holds a literal \$\{…\} .*; treated as not set/);
});
