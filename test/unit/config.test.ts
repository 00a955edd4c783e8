import { delimiter } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Config, parseConfig } from '../../src/config.ts';

const PLATFORM = { dataDir: '/data', homeDir: '/home/me' };
const parse = (argv: string[] = [], env: Record<string, string> = {}) => parseConfig(argv, env, PLATFORM);

function config(argv: string[] = [], env: Record<string, string> = {}): Config {
  const parsed = parse(argv, env);
  if (parsed.kind !== 'config') throw new Error(JSON.stringify(parsed));
  return parsed.config;
}

function problems(argv: string[], env: Record<string, string> = {}): string[] {
  const parsed = parse(argv, env);
  return parsed.kind === 'problems' ? parsed.problems : [];
}

describe('parseConfig', () => {
  it('has defaults for everything', () => {
    expect(config()).toMatchSnapshot();
    expect(Object.isFrozen(config())).toBe(true);
  });

  it('prefers flags to variables', () => {
    const env = { RUNCOMFY_WAIT_SECONDS: '10', RUNCOMFY_DATA_DIR: '/env', RUNCOMFY_SANDBOX: 'true' };
    expect(config([], env)).toMatchObject({ waitSeconds: 10, dataDir: '/env', sandbox: true });
    expect(config(['--wait', '0', '--data-dir=/flag'], env)).toMatchObject({
      waitSeconds: 0,
      dataDir: '/flag',
    });
  });

  it('takes several folders of images, from flags or one variable', () => {
    const env = { RUNCOMFY_INPUT_DIR: ['/a', '', '${HOME}/b', '~/c'].join(delimiter) };
    expect(config([], env).inputDirs).toEqual(['/a', '${HOME}/b', '/home/me/c']);
    expect(config(['--input-dir', '/x', '--input-dir=~/y'], env).inputDirs).toEqual(['/x', '/home/me/y']);
    expect(config(['--wait', '1', '--wait', '2']).waitSeconds).toBe(2);
  });

  it('saves everything only where the user named a folder', () => {
    expect(config()).toMatchObject({ outputDir: '/home/me/Pictures/runcomfy-images', savesAll: false });
    expect(config([], { RUNCOMFY_OUTPUT_DIR: '~/out' })).toMatchObject({
      outputDir: '/home/me/out',
      savesAll: true,
    });
  });

  it('keeps the records of the sandbox apart', () => {
    expect(config(['--sandbox']).dataDir).toBe('/data/sandbox');
  });

  it.each([
    ['https://api.example.com', 'https://api.example.com'],
    ['https://api.example.com/', 'https://api.example.com'],
    ['https://api.example.com/v1/', 'https://api.example.com'],
    ['https://api.example.com/proxy/v1', 'https://api.example.com/proxy'],
    ['http://127.0.0.1:9000/v1', 'http://127.0.0.1:9000'],
    ['http://[::1]:9000', 'http://[::1]:9000'],
  ])('reads the base URL %s', (given, baseUrl) => {
    expect(config(['--base-url', given])).toMatchObject({
      baseUrl,
      balanceUrl: `${baseUrl}/prod/v2/balance`,
    });
  });

  it('finds the key under three names, without a pasted "Bearer "', () => {
    expect(config([], { RUNCOMFY_TOKEN: 'c', RUNCOMFY_API_TOKEN: 'b' }).key).toEqual({
      value: 'b',
      from: 'RUNCOMFY_API_TOKEN',
    });
    expect(config([], { RUNCOMFY_API_KEY: ' Bearer a \n' }).key).toEqual({
      value: 'a',
      from: 'RUNCOMFY_API_KEY',
    });
  });

  it('takes a literal ${…} and an empty value as unset', () => {
    const env = {
      RUNCOMFY_API_KEY: '${RUNCOMFY_API_KEY}',
      RUNCOMFY_BASE_URL: '',
      RUNCOMFY_WAIT_SECONDS: '${env:WAIT}',
    };
    expect(config([], env)).toEqual(config());
  });

  it('looks for the token file where the vendor keeps it', () => {
    expect(config().tokenFile).toBe('/home/me/.config/runcomfy/token.json');
    expect(config([], { XDG_CONFIG_HOME: '/x' }).tokenFile).toBe('/x/runcomfy/token.json');
    expect(config([], { XDG_CONFIG_HOME: '/x', RUNCOMFY_CONFIG_DIR: '/rc' }).tokenFile).toBe(
      '/rc/token.json',
    );
  });

  it('names every problem at once, and never a key', () => {
    const argv = [
      'server',
      'now',
      '--colour',
      '--wait',
      '-3',
      '--base-url',
      'http://example.com',
      '--sandbox=1',
      '--data-dir',
    ];
    const found = problems(argv, { RUNCOMFY_API_KEY: 'a secret key', RUNCOMFY_LOG_LEVEL: 'loud' });
    expect(found).toMatchSnapshot();
    expect(found.join()).not.toContain('secret');
  });

  it.each([
    [['--live'], '--live belongs to the demo'],
    [['demo', '--live', '--sandbox'], 'exclude each other'],
    [['--base-url', 'nonsense'], 'is not a URL'],
    [['--base-url', 'https://me:pw@example.com'], 'may hold no user'],
    [['--wait', 'soon'], 'a number of seconds'],
    [['--preview', 'huge'], '--preview is "huge"; it takes off, small, large'],
  ])('refuses %j', (argv, problem) => {
    expect(problems(argv).join()).toContain(problem);
  });

  it('answers --help and --version before anything else', () => {
    expect(parse(['--nonsense', '-h']).kind).toBe('help');
    expect(parse(['--version']).kind).toBe('version');
  });
});
