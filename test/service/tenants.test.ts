import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPERATOR_REPLACES_KEY } from '../../src/tenants/key.ts';
import { readRecords } from '../support/books.ts';
import { CALL, finishAll } from '../support/calls.ts';
import { eventually, KEY, textOf } from '../support/program.ts';
import { connectHttp, serve } from '../support/service.ts';
import { newToken, TENANT_KEY, tenantsFile } from '../support/tenants.ts';

const ROTATED = 'rotated-key-0123456789';

/** A server for a tenant whose key is in a file, and what RunComfy accepts. */
async function serveKeyFile(more: Record<string, unknown> = {}) {
  const { token, entry } = newToken();
  const tenants = tenantsFile({});
  const keyFile = join(tenants.dir, 'acme.key');
  writeFileSync(keyFile, `${KEY}\n`);
  tenants.change({ acme: { runcomfy_key: { file: keyFile }, tokens: [entry], ...more } });
  const accepted = { key: KEY };
  const served = await serve({
    key: { value: 'the-operators-own-key', from: 'RUNCOMFY_API_KEY' },
    http: { auth: { mode: 'tokens', file: tenants.file } },
    sandboxOptions: { key: (given) => given === accepted.key },
  });
  const client = await connectHttp(served.url, 'SDK 2.x, 2025', { token });
  const call = async (name: string, args: Record<string, unknown> = {}) =>
    textOf(await client.callTool({ name, arguments: args }, { timeout: 600_000 }));
  return { ...served, accepted, keyFile, call };
}

describe("a tenant's key", () => {
  it('is the one in its file at each call, and never the operator’s own', async () => {
    const { call, keyFile, accepted, sandbox } = await serveKeyFile();
    expect(await call(CALL.name, CALL.arguments)).toMatch(/^1 image/);
    writeFileSync(keyFile, ROTATED);
    accepted.key = ROTATED;
    expect(await call(CALL.name, CALL.arguments)).toMatch(/^1 image/);
    const used = sandbox.requests.filter(({ route }) => route === 'submit').map((one) => one.authorization);
    expect(used).toEqual([`Bearer ${KEY}`, `Bearer ${ROTATED}`]);
  });

  it.each([
    ['is not there', (file: string) => rmSync(file), 'cannot be read (ENOENT)'],
    ['is empty', (file: string) => writeFileSync(file, ''), 'holds no key'],
    ['is a placeholder', (file: string) => writeFileSync(file, 'YOUR_API_KEY'), 'holds no key'],
  ])(
    'that %s is a matter of the operator, who finds in the log what the agent is not told',
    async (_, spoil, why) => {
      const { call, keyFile, log, sandbox } = await serveKeyFile();
      spoil(keyFile);
      const text = await call(CALL.name, CALL.arguments);
      expect(text).toBe(
        'This server has no RunComfy API key for you at present. Ask the operator of this server to set it. Nothing was charged for this call. [no_key]',
      );
      await call(CALL.name, CALL.arguments);
      const said = log.filter((line) => line.includes(`tenant acme: the key file ${keyFile} ${why}`));
      expect(said).toHaveLength(1);
      expect(sandbox.requests.filter(({ route }) => route === 'submit')).toEqual([]);
      writeFileSync(keyFile, KEY);
      expect(await call(CALL.name, CALL.arguments)).toMatch(/^1 image/);
    },
  );

  it('in a variable that is not set is a matter of the operator too', async () => {
    const { token, entry } = newToken();
    const tenants = tenantsFile({ acme: { runcomfy_key: { env: 'ACME_NOT_SET' }, tokens: [entry] } });
    const { url, log } = await serve({ http: { auth: { mode: 'tokens', file: tenants.file } } });
    const client = await connectHttp(url, 'SDK 2.x, 2025', { token });
    const text = textOf(await client.callTool(CALL));
    expect(text).toContain('[no_key]');
    expect(text).not.toContain('ACME_NOT_SET');
    expect(log.join('')).toContain('tenant acme: the variable ACME_NOT_SET is not set');
  });

  it('that is revoked while jobs run loses none: the next key collects them', async () => {
    const { call, keyFile, accepted, sandbox } = await serveKeyFile();
    sandbox.engine.planNext({ runMs: 3_600_000 });
    const first = call(CALL.name, CALL.arguments);
    await eventually(() => sandbox.requests.some(({ route }) => route === 'status')).toBe(true);
    accepted.key = ROTATED;
    const text = await first;
    const [id = ''] = sandbox.engine.jobs.map((job) => job.id);
    expect(text.replaceAll(id, 'ID')).toMatchSnapshot();
    expect(await call('get_image_job', { request_id: id })).toContain('[key_refused]');
    expect(await call(CALL.name, { prompt: 'another' })).toContain(OPERATOR_REPLACES_KEY);
    finishAll(sandbox);
    writeFileSync(keyFile, ROTATED);
    expect(await call('get_image_job', { request_id: id })).toMatch(/^1 image/);
    expect(sandbox.engine.jobs).toHaveLength(1);
  });

  it('that is gone while a job is followed is a matter of the operator', async () => {
    const { call, keyFile, sandbox } = await serveKeyFile();
    sandbox.engine.planNext({ runMs: 3_600_000 });
    const first = call(CALL.name, CALL.arguments);
    await eventually(() => sandbox.requests.some(({ route }) => route === 'status')).toBe(true);
    rmSync(keyFile);
    const [id = ''] = sandbox.engine.jobs.map((job) => job.id);
    expect((await first).replaceAll(id, 'ID')).toMatchSnapshot();
  });

  it('is in no answer, log or record, even if RunComfy echoes it', async () => {
    const { call, sandbox, config, log } = await serveKeyFile();
    sandbox.engine.planNext({ outcome: 'failed', error: `your key ${KEY} is bad` });
    expect(await call(CALL.name, CALL.arguments)).toContain('your key [key] is bad');
    sandbox.inject({ on: 'submit', what: { status: 422, body: { error_message: `no ${KEY}` } } });
    expect(await call(CALL.name, { prompt: 'two' })).toContain('no [key]');
    expect(log.join('')).not.toContain(KEY);
    const records = readRecords(config.dataDir);
    expect(records).toHaveLength(1);
    expect(JSON.stringify(records)).not.toContain(KEY);
  });
});

describe("a tenant's limits", () => {
  it('are each tenant’s own, and the operator’s to change', async () => {
    const [red, blue] = [newToken(), newToken()];
    const limited = { runcomfy_key: TENANT_KEY, max_jobs_per_hour: 1 };
    const { file } = tenantsFile({
      red: { ...limited, tokens: [red.entry] },
      blue: { ...limited, tokens: [blue.entry] },
    });
    const { url } = await serve({ http: { auth: { mode: 'tokens', file } } });
    for (const { token } of [red, blue]) {
      const client = await connectHttp(url, 'SDK 2.x, 2025', { token });
      expect(textOf(await client.callTool(CALL))).toMatch(/^1 image/);
      expect(textOf(await client.callTool(CALL))).toBe(
        'Not submitted: 1 job in the last hour, and the limit is 1. Ask the user to wait, or to have the operator of this server raise the limit. Nothing was charged for this call. [spend_limit]',
      );
    }
  });

  it('hold for the jobs that they have at once, until one ends', async () => {
    const { token, entry } = newToken();
    const { file } = tenantsFile({
      red: { runcomfy_key: TENANT_KEY, max_active_jobs: 2, tokens: [entry] },
    });
    const { url, sandbox } = await serve({ waitSeconds: 0, http: { auth: { mode: 'tokens', file } } });
    const client = await connectHttp(url, 'SDK 2.x, 2025', { token });
    const ask = async (name: string, args: object) =>
      textOf(await client.callTool({ name, arguments: { ...args } }));
    const asked = ['a', 'b', 'c', 'd'].map((prompt) => ask(CALL.name, { prompt }));
    const refused = (await Promise.all(asked)).filter((text) => text.startsWith('Not submitted'));
    expect(sandbox.engine.jobs).toHaveLength(2);
    expect(refused).toHaveLength(2);
    expect(refused[0]).toBe(
      'Not submitted: 2 jobs are active, and the limit is 2 at once. Wait until one of them ends, with get_image_job (list_image_jobs shows them), and call again; only the operator of this server can raise the limit. Nothing was charged for this call. [spend_limit]',
    );
    const request_id = sandbox.engine.jobs[0]?.id;
    await expect.poll(() => ask('get_image_job', { request_id })).toMatch(/^1 image/);
    expect(await ask(CALL.name, { prompt: 'e' })).not.toContain('Not submitted');
    expect(sandbox.engine.jobs).toHaveLength(3);
  });
});
