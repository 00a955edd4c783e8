import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/sandbox/catalogue/index.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { VERSION } from '../../src/version.ts';
import { run } from '../helpers/process.ts';
import { freshDataDir, KEY } from '../helpers/program.ts';

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
    expect(stdout).toContain('It offers 12 tools');
    expect(stdout).toMatch(/http:\/\/127\.0\.0\.1:\d+\/outputs\/.* \(PNG, 1536 x 1024, \d+ kB\)/);
    expect(stdout).toContain('never ran, so no image is made');
    const [name = '', sidecar] = readdirSync(outputDir).sort();
    expect(sidecar).toBe(`${name}.json`);
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
  it('says what is missing without a key', async () => {
    const { code, stdout } = await run(['doctor', '--data-dir', freshDataDir()]);
    expect(code).toBe(1);
    expect(stdout).toContain('none found; looked at RUNCOMFY_API_KEY');
    expect(stdout).toContain('claude mcp add');
  });

  it("finds a key in the vendor's token file, checks it, and never prints it", async () => {
    const sandbox = await startSandbox({ key: KEY });
    const configDir = freshDataDir();
    mkdirSync(configDir);
    writeFileSync(join(configDir, 'token.json'), JSON.stringify({ access_token: KEY }));
    const env = { RUNCOMFY_CONFIG_DIR: configDir, RUNCOMFY_BASE_URL: sandbox.origin };
    const good = await run(['doctor', '--data-dir', freshDataDir()], env);
    expect(good.code).toBe(0);
    expect(good.stdout).toContain(`found in ${join(configDir, 'token.json')}`);
    expect(good.stdout).toContain('accepted; balance $5');
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
    const [, models = ''] = /\n(Models, [\s\S]*?)\n\nConfiguration/.exec(stdout) ?? [];
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
});
