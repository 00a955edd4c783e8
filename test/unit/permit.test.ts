import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRunComfy } from '../../src/runcomfy/client.ts';
import { createHttp } from '../../src/runcomfy/http.ts';
import { createJumpingClock } from '../support/clock.ts';
import { http, startRawUpstream } from '../support/raw-upstream.ts';

const MODEL = 'openai/gpt-image-2/text-to-image';
const ACCEPTED = http(200, { request_id: 'raw-1' });
const BUSY = http(503, { error_code: 503001, error_message: 'busy' }, { 'retry-after': '1' });

/** A client of an upstream, and a process that can freeze: then both its times have gone on when it wakes. */
function clientOf(origin: string) {
  let frozenFor = 0;
  const connections = createHttp({}, () => frozenFor);
  onTestFinished(connections.close);
  const time = createJumpingClock();
  const clock = { now: () => time.now() + frozenFor, sleep: time.sleep };
  const order: string[] = [];
  const key = async () => {
    order.push('key');
    return 'key';
  };
  const at = { baseUrl: origin, balanceUrl: origin, key, redact: String };
  const api = createRunComfy({ ...at, http: connections, clock, random: () => 0.5 });
  const freeze = (ms: number) => {
    frozenFor += ms;
  };
  return { api, order, freeze };
}

/** Calls back whenever a connection is there, before anything has gone out over it. */
function onConnected(then: () => void): void {
  subscribe('undici:client:connected', then);
  onTestFinished(() => void unsubscribe('undici:client:connected', then));
}

describe('a submit that has to ask whether it may be sent', () => {
  it('asks once all is ready, and goes out', async () => {
    const { origin, requests } = await startRawUpstream([ACCEPTED]);
    const { api, order } = clientOf(origin);
    const maySend = async () => order.push('asked') > 0;
    expect(await api.submit(MODEL, {}, maySend)).toEqual({ requestId: 'raw-1' });
    expect(order).toEqual(['key', 'asked']);
    expect(requests).toHaveLength(1);
  });

  it.each([1, 2])('is not sent where that is denied at try %i', async (denied) => {
    const upstream = await startRawUpstream([BUSY]);
    const { api } = clientOf(upstream.origin);
    let asked = 0;
    const submit = api.submit(MODEL, {}, async () => ++asked < denied);
    await expect(submit).rejects.toMatchObject({ code: 'taken_over', charged: 'no' });
    expect({ asked, submits: upstream.submits }).toEqual({ asked: denied, submits: denied - 1 });
  });

  it.each([2_000, 2_001, 60_000])('asks again if %i ms have passed before its first byte', async (ms) => {
    const upstream = await startRawUpstream([ACCEPTED]);
    const { api, freeze } = clientOf(upstream.origin);
    let asked = 0;
    onConnected(() => freeze(ms));
    const { requestId } = await api.submit(MODEL, {}, async () => ++asked > 0);
    expect({ requestId, asked, submits: upstream.submits }).toEqual({
      requestId: 'raw-1',
      asked: ms > 2_000 ? 2 : 1,
      submits: 1,
    });
    // A slow connection would be as slow again.
    expect(upstream.requests[0]?.connection).toBe(0);
  });

  it('counts the time that the answer takes', async () => {
    const upstream = await startRawUpstream([ACCEPTED]);
    const { api, freeze } = clientOf(upstream.origin);
    let asked = 0;
    await api.submit(MODEL, {}, async () => {
      asked += 1;
      if (asked === 1) freeze(2_001);
      return true;
    });
    expect({ asked, submits: upstream.submits }).toEqual({ asked: 2, submits: 1 });
  });

  it('gives up at the third time that this takes too long, certain that nothing was sent', async () => {
    const upstream = await startRawUpstream([ACCEPTED]);
    const { api, freeze } = clientOf(upstream.origin);
    let asked = 0;
    const submit = api.submit(MODEL, {}, async () => {
      asked += 1;
      freeze(2_001);
      return true;
    });
    await expect(submit).rejects.toMatchObject({ code: 'unreachable', charged: 'no' });
    expect({ asked, submits: upstream.submits }).toEqual({ asked: 3, submits: 0 });
  });

  it('asks when it is its turn, not before it waits for a connection', async () => {
    const held: ServerResponse[] = [];
    const server = createServer((_, response) => void held.push(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { api } = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    let asked = 0;
    const maySend = async () => ++asked > 0;
    const submits = Array.from({ length: 12 }, () => api.submit(MODEL, {}, maySend));
    for (const arrived of [10, 11, 12]) {
      await expect.poll(() => held.length).toBe(arrived);
      expect(asked).toBe(arrived);
      held[arrived - 10]?.writeHead(200).end('{"request_id":"raw-1"}');
    }
    for (const response of held.slice(3)) response.end('{"request_id":"raw-1"}');
    for (const { requestId } of await Promise.all(submits)) expect(requestId).toBe('raw-1');
  });
});

it('a submit that need not ask is sent at the first try, however long it takes to connect', async () => {
  const { origin } = await startRawUpstream([ACCEPTED]);
  const { api, order, freeze } = clientOf(origin);
  onConnected(() => freeze(9_000));
  expect(await api.submit(MODEL, {})).toEqual({ requestId: 'raw-1' });
  expect(order).toEqual(['key']);
});
