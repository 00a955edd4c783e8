import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { createLog } from '../../src/log.ts';
import { createRuntime } from '../../src/runtime.ts';
import { remoteSurface } from '../../src/service/surface.ts';
import { createTenantPrograms, MAX_PROGRAMS } from '../../src/service/tenant-programs.ts';
import { serve } from '../support/service.ts';

const openResponse = () => Object.assign(new EventEmitter(), { closed: false }) as unknown as ServerResponse;
const closedResponse = () => Object.assign(openResponse(), { closed: true });
const tenant = (id: string | number) => ({ id: `t${id}`, key: { env: 'NOT_SET' }, settings: {} });

async function started() {
  const { config, clock } = await serve();
  const log = createLog('silent', (text) => text);
  const runtime = createRuntime(config, log, { clock, random: Math.random });
  const surfaceOf = (account: Parameters<typeof remoteSurface>[1]) =>
    remoteSurface(config, account, undefined);
  const programs = createTenantPrograms({
    ...{ config, runtime, log, surfaceOf },
    keys: new Set(),
    variables: {},
  });
  return {
    ...programs,
    useOthers() {
      for (let id = 0; id < MAX_PROGRAMS; id++) programs.of(tenant(id), closedResponse());
    },
  };
}

it('a tenant with an open request has one program, however many other tenants call meanwhile', async () => {
  const { of, useOthers } = await started();
  const [first, second] = [openResponse(), openResponse()];
  const program = of(tenant('waiting'), first);
  useOthers();
  expect(of(tenant('waiting'), second)).toBe(program);
  first.emit('close');
  useOthers();
  expect(of(tenant('waiting'), closedResponse())).toBe(program);
  second.emit('close');
  useOthers();
  expect(of(tenant('waiting'), closedResponse())).not.toBe(program);
});

it('a request whose client has gone keeps no program', async () => {
  const { of, useOthers } = await started();
  const program = of(tenant('gone'), closedResponse());
  useOthers();
  expect(of(tenant('gone'), closedResponse())).not.toBe(program);
});

it('a tenant whose settings have changed has a new program', async () => {
  const { of } = await started();
  const program = of(tenant('a'), closedResponse());
  expect(of({ ...tenant('a'), settings: {} }, closedResponse())).toBe(program);
  expect(of({ ...tenant('a'), settings: { budgetUsd: 1 } }, closedResponse())).not.toBe(program);
});
