import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Account } from '../../src/account.ts';
import { createAccountServices } from '../../src/account-services.ts';
import type { Config } from '../../src/config/config.ts';
import type { Wait } from '../../src/jobs/calls.ts';
import { createCalls } from '../../src/jobs/calls.ts';
import { createLog } from '../../src/log.ts';
import { createHttp } from '../../src/runcomfy/http.ts';
import { createHolder } from '../../src/stores/file/holder.ts';
import { createFileStore } from '../../src/stores/file/store.ts';
import { connect, KEY } from '../support/program.ts';

const MODEL = 'openai/gpt-image-2/text-to-image';
const INPUT = { prompt: 'a fox' };

/** Two tenants of one process, on one folder and one upstream. */
async function setUp(limits: Partial<Config> = {}) {
  const { sandbox, config, clock } = await connect({ sandboxOptions: { pace: 0 }, ...limits });
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const log = createLog('silent', String);
  const http = createHttp();
  onTestFinished(() => http.close());
  const { dataDir } = config;
  const openCalls = createCalls();
  const holder = createHolder({ dir: join(dataDir, 'holders'), clock, ended: end.signal, log });
  const shared = {
    ...{ config, key: async () => KEY, redact: String, http, calls: openCalls, clock, log },
    random: Math.random,
    createStore: (account: Account) =>
      createFileStore({ dataDir, account, openCalls, holder, clock, random: Math.random, log }),
    ended: end.signal,
  };
  const services = (tenant: string) => createAccountServices({ tenant, api: sandbox.origin }, shared);
  /** A call that waits for so many seconds, and whose answer arrives or not. */
  const wait = (seconds: number, arrives: boolean): Wait => ({
    call: randomUUID(),
    until: clock.now() + seconds * 1000,
    signal: new AbortController().signal,
    onPoll() {},
    delivered: Promise.resolve(arrives),
  });
  return { sandbox, wait, blue: services('blue'), red: services('red') };
}

describe('accounts of one process', () => {
  it('know nothing of each other: jobs, repeated calls, request ids', async () => {
    const { sandbox, wait, blue, red } = await setUp();
    const { job } = await blue.jobs.generate(MODEL, INPUT, wait(600, false));
    expect(await red.jobs.list({ limit: 10 })).toEqual([]);
    expect((await red.jobs.generate(MODEL, INPUT, wait(600, true))).resumed).toBe(false);
    expect(sandbox.engine.jobs).toHaveLength(2);
    // RunComfy tells of it to whoever has the key; that is no delivery to the one who paid.
    const told = await red.jobs.follow(job.request_id as string, wait(600, true));
    expect(told.job).toMatchObject({ state: 'succeeded', input: {} });
    expect((await red.jobs.list({ limit: 10 })).map(({ request_id }) => request_id)).not.toContain(
      job.request_id,
    );
    expect(await blue.jobs.generate(MODEL, INPUT, wait(600, true))).toMatchObject({
      resumed: true,
      job: { request_id: job.request_id },
    });
  });

  it('have limits of their own', async () => {
    const { wait, blue, red } = await setUp({ maxJobsPerHour: 1 });
    for (const { jobs } of [blue, red]) {
      expect((await jobs.generate(MODEL, INPUT, wait(600, true))).job.state).toBe('succeeded');
      await expect(jobs.generate(MODEL, { prompt: 'another' }, wait(600, true))).rejects.toThrow(
        'the limit is 1',
      );
    }
  });

  it('have retry budgets of their own', async () => {
    const { sandbox, blue, red } = await setUp();
    sandbox.inject({ on: 'balance', times: Number.POSITIVE_INFINITY, what: { status: 502, body: {} } });
    const asked = () => sandbox.requests.filter(({ route }) => route === 'balance').length;
    for (let count = 0; count < 30; count++) await blue.api.balance().catch(() => {});
    const before = asked();
    await blue.api.balance().catch(() => {});
    expect(asked() - before, 'nothing is left of one').toBe(1);
    await red.api.balance().catch(() => {});
    expect(asked() - before, 'and the other has all of its own').toBe(1 + 3);
  });
});
