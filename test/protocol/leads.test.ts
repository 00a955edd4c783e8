import { describe, expect, it } from 'vitest';
import { readRecords } from '../support/books.ts';
import { CALL } from '../support/calls.ts';
import { connect, eventually, textOf } from '../support/program.ts';
import { http, type RawAnswer, startRawUpstream } from '../support/raw-upstream.ts';

const LEAD = http(502, { request_id: 'raw-1' });
const SILENCE: RawAnswer = { bytes: '' };
const DENIED = http(404, { error_code: 404001 });
const BUSY = http(503, {});

/** An upstream whose one submit is a lead; each /status takes the next of some answers, then the job's own. */
function startLead(...statuses: RawAnswer[]) {
  return startRawUpstream([LEAD, http(200, { request_id: 'raw-2' })], {
    free: (line) => (line.includes('/status') ? statuses.shift() : undefined),
  });
}

describe('a lead', () => {
  it('is recorded before anybody looks where it leads, and not lost by a client that gives up', async () => {
    for (const reason of ['Request timed out', 'User pressed escape']) {
      const upstream = await startLead(SILENCE);
      const { client, config } = await connect({ baseUrl: upstream.origin });
      const stop = new AbortController();
      const call = client.callTool(CALL, { signal: stop.signal });
      await eventually(() => upstream.requests.length).toBe(2);
      expect(readRecords(config.dataDir)).toMatchObject([{ state: 'in_queue', request_id: 'raw-1' }]);
      stop.abort(reason);
      await expect(call).rejects.toThrow();
      await eventually(() => readRecords(config.dataDir)[0]?.lease).toBeUndefined();
      expect(readRecords(config.dataDir)).toMatchObject([{ state: 'in_queue', request_id: 'raw-1' }]);
      expect((await client.callTool(CALL)).structuredContent).toMatchObject({
        status: 'succeeded',
        request_id: 'raw-1',
      });
      expect(upstream.submits).toBe(1);
    }
  });

  it('that is not visible yet is the job', async () => {
    const upstream = await startLead(DENIED);
    const { client } = await connect({ baseUrl: upstream.origin });
    expect((await client.callTool(CALL)).structuredContent).toMatchObject({ status: 'succeeded' });
    expect(upstream.submits).toBe(1);
  });

  it('of which nothing can be told in 30 s is followed like a job', async () => {
    const upstream = await startLead(...Array.from({ length: 60 }, () => BUSY));
    const { client, config } = await connect({ baseUrl: upstream.origin, waitSeconds: 40 });
    const answer = await client.callTool(CALL);
    expect(answer.structuredContent).toMatchObject({ status: 'in_queue', request_id: 'raw-1' });
    expect(readRecords(config.dataDir)).toMatchObject([{ state: 'in_queue', request_id: 'raw-1' }]);
    expect(upstream.submits).toBe(1);
  });

  it('that RunComfy does not know keeps its id in the record, and once told the next call is a new job', async () => {
    const upstream = await startLead(DENIED, DENIED);
    const { client, config } = await connect({ baseUrl: upstream.origin });
    expect(textOf(await client.callTool(CALL))).toMatch(/\[submit_unknown\]$/);
    await eventually(() => readRecords(config.dataDir)[0]?.delivered_at).toBeTruthy();
    expect(readRecords(config.dataDir)).toMatchObject([{ state: 'unknown', request_id: 'raw-1' }]);
    expect((await client.callTool(CALL)).structuredContent).toMatchObject({ request_id: 'raw-2' });
  });
});
