import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { snippets } from '../../src/cli/snippets/snippets.ts';
import { DEFAULT_BASE_URL } from '../../src/config/settings.ts';
import { CATALOGUE } from '../../src/sandbox/models/index.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { VERSION } from '../../src/version.ts';
import { MAIN, run } from '../support/process.ts';
import { freshDataDir, KEY } from '../support/program.ts';
import { jobsDir } from '../support/records.ts';
import { TOOL_COUNT } from '../support/tools.ts';

describe('the command line', () => {
  it('--help names every flag and variable', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    expect(stdout).toMatchSnapshot();
  });

  it('--version prints the version', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `${VERSION}\n` });
  });

  it('names all that is wrong, on stderr, with exit code 2', async () => {
    const { code, stdout, stderr } = await run(['paint', '--fast', '--wait', 'long'], {
      RUNCOMFY_LOG_LEVEL: 'loud',
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatchSnapshot();
  });
});

describe('demo', () => {
  it('lists the tools, makes a picture that it saves, and cancels a job', async () => {
    const outputDir = freshDataDir();
    const { code, stdout, stderr } = await run(['demo', '--output-dir', outputDir]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`It offers ${TOOL_COUNT} tools`);
    expect(stdout).toMatch(
      /job:[\w-]+#1 \| PNG, 1536 x 1024, \d+ kB( \| kept)? \| http:\/\/127\.0\.0\.1:\d+\/outputs\//,
    );
    expect(stdout).toContain('never ran, so no image is made');
    const [name = '', ...others] = readdirSync(outputDir);
    expect(others).toEqual([]);
    expect(stdout).toMatch(/Shown to the model as a preview of \d+ kB/);
    expect(stdout).toContain(join(outputDir, name));
    expect(await sharp(readFileSync(join(outputDir, name))).metadata()).toMatchObject({
      format: 'png',
      width: 1536,
      height: 1024,
    });
  });

  it('refuses --live without a key', async () => {
    expect(await run(['demo', '--live'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('RUNCOMFY_API_KEY'),
    });
  });
});

describe('doctor', () => {
  it("finds a key in the vendor's token file, checks it, and never prints it", async () => {
    const sandbox = await startSandbox({ key: KEY });
    const configDir = freshDataDir();
    mkdirSync(configDir);
    writeFileSync(join(configDir, 'token.json'), JSON.stringify({ access_token: KEY }));
    const env = { RUNCOMFY_CONFIG_DIR: configDir, RUNCOMFY_BASE_URL: sandbox.origin };
    const good = await run(['doctor', '--data-dir', freshDataDir(), '--models', 'a/*'], env);
    expect(good.code).toBe(0);
    expect(good.stdout).toContain(`found in ${join(configDir, 'token.json')}`);
    expect(good.stdout).toContain('accepts the key; balance $5');
    expect(good.stdout).toContain('Ready for calls.');
    expect(good.stdout).toMatch(/Not checked[\s\S]*--models/);
    const wrong = 'wrong-key-9876543210';
    const bad = await run(['doctor', '--data-dir', freshDataDir()], { ...env, RUNCOMFY_API_KEY: wrong });
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain('RunComfy refused the API key');
    expect(good.stdout + bad.stdout + good.stderr + bad.stderr).not.toMatch(new RegExp(`${KEY}|${wrong}`));
    await sandbox.close();
  });

  it('tells what RunComfy changed about its models, and fails for none of it', async () => {
    const sandbox = await startSandbox({ key: KEY });
    sandbox.failAtRandom((route) => {
      if (route !== 'model') return undefined;
      const id = (sandbox.requests.at(-1)?.path ?? '').slice('/v1/models/'.length);
      const entry = structuredClone(CATALOGUE.get(id)?.published);
      if (!entry || id.includes('1.5')) return { status: 404, body: { error_code: 400001 } };
      if (id.includes('4o')) entry.input_schema.required = ['prompt', 'size'];
      if (id.includes('gpt-image-2')) {
        const { aspect_ratio: _, ...properties } = entry.input_schema.properties;
        const hostile = `${KEY}\n\u001b[2Jx`;
        const quality = { ...properties.quality, enum: ['low', 'high', hostile], default: 'low' };
        entry.input_schema.properties = { ...properties, quality, seed: { type: 'integer' } };
      }
      return { status: 200, body: entry };
    });
    const env = { RUNCOMFY_BASE_URL: sandbox.origin, RUNCOMFY_API_KEY: KEY };
    const { code, stdout } = await run(['doctor', '--data-dir', freshDataDir()], env);
    expect(code).toBe(0);
    const [models = ''] = /^.*\bmodels {4}[\s\S]*(?=\n\nSettings)/m.exec(stdout) ?? [];
    expect(models).toMatchSnapshot();
    sandbox.failAtRandom((route) =>
      route === 'model' ? { status: 401, body: { error_code: 400004 } } : undefined,
    );
    expect(await run(['doctor', '--data-dir', freshDataDir()], env)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('not compared: RunComfy refused the API key'),
    });
    await sandbox.close();
  });

  it('has room in 30 lines for all that can be said', async () => {
    const sandbox = await startSandbox({ key: KEY });
    sandbox.failAtRandom((route) => {
      if (route !== 'model') return undefined;
      const id = (sandbox.requests.at(-1)?.path ?? '').slice('/v1/models/'.length);
      const { input_schema, ...entry } = structuredClone(CATALOGUE.get(id)?.published) ?? {};
      const fields = Array.from({ length: 40 }, (_, at) => [`field_${at}\n${'x'.repeat(400)}`, {}]);
      return {
        status: 200,
        body: { ...entry, input_schema: { type: 'object', properties: Object.fromEntries(fields) } },
      };
    });
    const folders = Array.from({ length: 20 }, (_, at) => `/nowhere/${at}`);
    const { code, stdout } = await run(
      ['doctor', '--input-dir', ...folders, '--data-dir', '/dev/null/data'],
      {
        RUNCOMFY_BASE_URL: sandbox.origin,
        HOME: '/dev/null/home',
        XDG_CACHE_HOME: '/dev/null/cache',
        RUNCOMFY_API_KEY: 'YOUR_KEY',
        RUNCOMFY_API_TOKEN: '${KEY}',
        RUNCOMFY_TOKEN: KEY,
        RUNCOMFY_WAIT_SECONDS: '${a}',
        RUNCOMFY_BUDGET_USD: '${b}',
        RUNCOMFY_MODELS: '${c}',
        RUNCOMFY_OUTPUT_DIR: '/dev/null/images',
      },
    );
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
    expect(stdout.match(/^ {2}(no|warn|new) /gm)).toHaveLength(11);
    await sandbox.close();
  });

  it('writes for real, and takes back what it made', async () => {
    const home = freshDataDir();
    const dataDir = join(home, 'has');
    const jobs = relative(home, jobsDir({ dataDir, sandbox: false, baseUrl: DEFAULT_BASE_URL }));
    mkdirSync(join(home, jobs), { recursive: true });
    const run1 = await run(['doctor', '--data-dir', dataDir, '--output-dir', join(home, 'a/b/c')], {
      HOME: home,
      XDG_CACHE_HOME: join(home, 'cache'),
    });
    for (const name of [jobs, 'a/b/c', 'cache/runcomfy-image-mcp'])
      expect(run1.stdout).toContain(`${join(home, name)} can be written`);
    expect(readdirSync(home, { recursive: true }).sort()).toEqual([
      'has',
      'has/accounts',
      dirname(jobs),
      jobs,
    ]);
  });
});

describe('doctor --snippets', () => {
  it('prints what to paste and nothing else, for all hosts or for those that are named', async () => {
    const all = await run(['doctor', '--snippets']);
    const hosts = snippets({ command: '', absoluteCommand: '', args: [] }).map(({ host }) => host);
    for (const host of hosts) expect(all.stdout).toMatch(new RegExp(`^${host}: `, 'm'));
    expect(all.stdout).toContain(process.execPath);
    expect(all.stdout).toContain(MAIN);
    const some = await run(['doctor', '--snippets', 'codex', 'vs-code', '--sandbox']);
    expect(some.stdout.match(/^\S.*: [~.]\S*$/gm)).toEqual([
      'VS Code: .vscode/mcp.json',
      'Codex CLI: ~/.codex/config.toml',
    ]);
    expect(some.stdout).toContain(`args = ["${MAIN}","--sandbox"]`);
    const none = await run(['doctor', '--snippets', 'clyne']);
    expect(none).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('unknown host "clyne"'),
    });
  });

  it.each(['_npx/0123abc', 'pnpm/dlx/0123abc/18f', 'xfs-0123/dlx-45', 'bunx-0-runcomfy-image-mcp@latest'])(
    'names the package instead of a path where it runs from %s',
    async (cache) => {
      const dist = join(freshDataDir(), cache, 'node_modules/runcomfy-image-mcp/dist');
      cpSync(dirname(MAIN), dist, { recursive: true });
      const { stdout } = await run(['doctor', '--snippets'], {}, join(dist, 'main.js'));
      expect(stdout).not.toContain(cache);
      expect(stdout).toContain(
        "claude mcp add runcomfy-image --env RUNCOMFY_API_KEY='YOUR_RUNCOMFY_API_KEY' -- npx -y runcomfy-image-mcp\n",
      );
    },
  );
});
