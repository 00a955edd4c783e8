import { describe, expect, it } from 'vitest';
import type { JobPlan } from '../../src/sandbox/engine.ts';
import { checkBooks, readRecords } from '../support/books.ts';
import { CALL } from '../support/calls.ts';
import { connect, eventually } from '../support/program.ts';

const HOURS = 3_600_000;
const QUEUED = { queueMs: HOURS };
const RUNNING = { queueMs: 0, runMs: HOURS };

/** What a client writes as the reason of its cancellation, and what becomes of a job in a state. */
const ROWS: [
  reason: string | undefined,
  state: string,
  plan: Partial<JobPlan>,
  ends: string,
  cancels: number,
][] = [
  [undefined, 'queued', QUEUED, 'cancelled', 1],
  ['MCP request cancelled by caller', 'queued', QUEUED, 'cancelled', 1],
  ['User pressed escape', 'running', RUNNING, 'in_progress', 1],
  ['SdkError: Request timed out', 'queued', QUEUED, 'in_queue', 0],
  ['McpError: MCP error -32001: Request timed out', 'running', RUNNING, 'in_progress', 0],
  ['request timeout', 'queued', QUEUED, 'in_queue', 0],
];

describe('a call that its client cancels', () => {
  it.each(ROWS)('because of "%s" while its job is %s', async (reason, _, plan, ends, cancels) => {
    const { client, sandbox, config } = await connect();
    sandbox.engine.planNext(plan);
    const wanted = plan === QUEUED ? 'in_queue, position' : 'in_progress';
    const id = await callAndCancel(client, wanted, reason);
    await eventually(() => readRecords(config.dataDir)[0]?.lease).toBeUndefined();
    expect(readRecords(config.dataDir)).toMatchObject([{ request_id: id, state: ends }]);
    expect(sandbox.requests.filter(({ route }) => route === 'cancel')).toHaveLength(cancels);
    checkBooks(sandbox, config.dataDir, 1);
  });

  it('while it is submitted: the submit goes on to its end, and then the job is cancelled', async () => {
    const { client, sandbox, config } = await connect();
    let answer = () => {};
    sandbox.engine.planNext(QUEUED);
    sandbox.inject({ on: 'submit', what: { hold: new Promise<void>((resolve) => (answer = resolve)) } });
    const stop = new AbortController();
    const call = client.callTool(CALL, { signal: stop.signal });
    await eventually(() => sandbox.engine.jobs.length).toBe(1);
    stop.abort('stop');
    await expect(call).rejects.toThrow();
    answer();
    await eventually(() => readRecords(config.dataDir)[0]?.state).toBe('cancelled');
    checkBooks(sandbox, config.dataDir, 1);
  });

  it('late, after its answer: nothing happens', async () => {
    const { client, sandbox, config } = await connect({ waitSeconds: 0 });
    sandbox.engine.planNext(QUEUED);
    await client.callTool(CALL);
    for (const requestId of [0, 1, 2, 3]) {
      await client.notification({ method: 'notifications/cancelled', params: { requestId, reason: 'stop' } });
    }
    await client.callTool({ name: 'list_image_jobs', arguments: {} });
    expect(sandbox.requests.some(({ route }) => route === 'cancel')).toBe(false);
    expect(readRecords(config.dataDir)).toMatchObject([{ state: 'in_queue' }]);
  });

  it('though the cancel itself is lost on the way', async () => {
    const { client, sandbox, config } = await connect();
    sandbox.engine.planNext(QUEUED);
    sandbox.inject({ on: 'cancel', times: 1, what: 'before' });
    await callAndCancel(client, 'in_queue, position', 'stop');
    await eventually(() => readRecords(config.dataDir)[0]?.state).toBe('cancelled');
    expect(sandbox.requests.filter(({ route }) => route === 'cancel')).toHaveLength(2);
  });
});

/** Calls, cancels when progress tells of a state, and returns the request id. */
async function callAndCancel(
  client: Awaited<ReturnType<typeof connect>>['client'],
  wanted: string,
  reason: string | undefined,
) {
  const stop = new AbortController();
  let id = '';
  const onprogress = ({ message = '' }: { message?: string | undefined }) => {
    id = message.split(',')[0] ?? '';
    if (message.includes(wanted)) stop.abort(reason);
  };
  await expect(client.callTool(CALL, { signal: stop.signal, onprogress })).rejects.toThrow();
  return id;
}
