import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startProvider } from '../hosts/mock/provider.ts';
import { plainEnv } from '../support/process.ts';
import { KEY, textOf } from '../support/program.ts';
import { CLIENTS, connectHttp } from '../support/service.ts';
import { newToken, TENANT_KEY, tenantsFile } from '../support/tenants.ts';
import { node22, PACKAGES } from './support/node.ts';
import { runProgram } from './support/run.ts';
import { deploy } from './support/server.ts';

const INSPECTOR = join(PACKAGES, '@modelcontextprotocol/inspector/clients/launcher/build/index.js');
const CLAUDE = join(PACKAGES, '@anthropic-ai/claude-code/cli-wrapper.cjs');
const TOOL = 'gpt_image_2_text_to_image';
const PROMPT = { prompt: 'a fox' };
// Jobs and waits take longer by themselves.
const QUICK = { pace: 0.2, env: { [TENANT_KEY.env]: KEY } };
const WAIT = ['--wait', '10'];

/** A server that takes a bearer token, and that token. */
async function deployWithToken() {
  const { token, entry } = newToken();
  const { file } = tenantsFile({ acme: { runcomfy_key: TENANT_KEY, tokens: [entry] } });
  return { token, ...(await deploy([...WAIT, '--auth', `tokens:${file}`], QUICK)) };
}

const submits = ({ sandbox }: Awaited<ReturnType<typeof deploy>>) =>
  sandbox.requests.filter(({ route }) => route === 'submit').length;

describe('over HTTP with a bearer token', () => {
  it.each(CLIENTS)('%s lists, makes a picture, and collects one that a call handed over', async (kind) => {
    const served = await deployWithToken();
    const { url, token, sandbox } = served;
    await expect(connectHttp(url, kind)).rejects.toThrow();
    const client = await connectHttp(url, kind, { token });
    expect((await client.listTools()).tools.length).toBeGreaterThan(10);
    expect(textOf(await client.callTool({ name: TOOL, arguments: PROMPT }))).toMatch(/^1 image/);

    sandbox.engine.planNext({ queueMs: 0, runMs: 600_000 });
    const quick = await connectHttp(url, kind, { token, name: 'other' });
    const handedOver = quick.callTool({ name: TOOL, arguments: { prompt: 'an owl' } });
    await expect.poll(() => sandbox.engine.jobs.length).toBe(2);
    const [, job] = sandbox.engine.jobs;
    expect(textOf(await handedOver)).toContain('get_image_job');
    sandbox.engine.finish(job as NonNullable<typeof job>);
    const collected = { name: 'get_image_job', arguments: { request_id: job?.id } };
    expect(textOf(await quick.callTool(collected))).toMatch(/^1 image/);
    expect(submits(served)).toBe(2);
  });

  it.each(['legacy', 'modern'])(
    'the command line of MCP Inspector lists and makes a picture, era %s',
    async (era) => {
      const served = await deployWithToken();
      const home = mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'inspector-'));
      const inspect = async (token: string, ...args: string[]) => {
        const header = ['--header', `Authorization: Bearer ${token}`];
        const how = [
          '--cli',
          served.url,
          '--transport',
          'http',
          '--protocol-era',
          era,
          '--format',
          'json',
          ...header,
        ];
        return runProgram(node22(), [INSPECTOR, ...how, ...args], { env: { HOME: home }, cwd: home });
      };
      const { stdout } = await inspect(served.token, '--method', 'tools/list');
      expect(JSON.parse(stdout).result.tools.length).toBeGreaterThan(10);
      const call = ['--method', 'tools/call', '--tool-name', TOOL, '--tool-arg', `prompt=${PROMPT.prompt}`];
      const made = await inspect(served.token, ...call);
      expect(textOf(JSON.parse(made.stdout).result)).toMatch(/^1 image/);
      expect((await inspect('wrong', ...call)).code).not.toBe(0);
      expect(submits(served)).toBe(1);
    },
  );

  it('Claude Code connects and makes a picture', async () => {
    const served = await deployWithToken();
    const home = mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'claude-'));
    const provider = await startProvider([{ name: TOOL, args: PROMPT }]);
    // The model would have to search for the tools first.
    const model = {
      ANTHROPIC_BASE_URL: provider.origin,
      ANTHROPIC_API_KEY: 'x',
      ENABLE_TOOL_SEARCH: 'false',
    };
    const env = { ...plainEnv(), ...model, HOME: home };
    const claude = (...args: string[]) => runProgram(node22(), [CLAUDE, ...args], { env, cwd: home });
    const header = ['--header', `Authorization: Bearer ${served.token}`];
    await claude('mcp', 'add', '--transport', 'http', 'runcomfy', served.url, ...header);
    expect((await claude('mcp', 'list')).stdout).toMatch(/runcomfy: \S+ \(HTTP\) - ✔ Connected/);
    await claude('-p', 'Make a picture of a fox.', '--allowedTools', 'mcp__runcomfy');
    expect(provider.refusals).toEqual([]);
    expect(provider.results.map(({ text }) => text)).toEqual([expect.stringMatching(/job:[\w-]+#1/)]);
    expect(provider.results[0]?.images).toHaveLength(1);
    expect(submits(served)).toBe(1);
  });
});
