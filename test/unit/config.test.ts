import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Config, parseConfig } from '../../src/config/config.ts';
import { ignoredTexts } from '../../src/config/placeholders.ts';

const PLATFORM = { dataDir: '/data', homeDir: '/home/me', workingDir: () => '/here' };
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
    const env = { RUNCOMFY_INPUT_DIR: ['/a', '', '~/c'].join(delimiter) };
    expect(config([], env).inputDirs).toEqual(['/a', '/home/me/c']);
    expect(config(['--input-dir', '/x', '--input-dir=~/y'], env).inputDirs).toEqual(['/x', '/home/me/y']);
    expect(config(['--input-dir', '/x', '/y', '--wait', '1']).inputDirs).toEqual(['/x', '/y']);
    expect(config(['--input-dir', '/x', '/y', '--input-dir', '/z']).inputDirs).toEqual(['/x', '/y', '/z']);
    // A command is no folder, until there is one.
    expect(config(['--input-dir', '/x', 'doctor'])).toMatchObject({ command: 'doctor', inputDirs: ['/x'] });
    expect(config(['demo', '--input-dir', '/x', 'doctor']).inputDirs).toEqual(['/x', '/here/doctor']);
    expect(problems(['--input-dir=/x', '/y']).join()).toContain('unknown command "/y"');
  });

  it('takes the last of repeated flags, or all where several make sense', () => {
    expect(config(['--wait', '1', '--sandbox', '--wait', '2', '--sandbox'])).toMatchObject({
      waitSeconds: 2,
      sandbox: true,
    });
    const given = ['--models', 'openai/*', 'google/*', '--models=a/b,c/d'];
    expect(config(given).models).toEqual(['openai/*', 'google/*', 'a/b', 'c/d']);
    expect(config([], { RUNCOMFY_MODELS: 'a/b, c/d' }).models).toEqual(['a/b', 'c/d']);
  });

  it.each([
    ['~', '/home/me'],
    ['~/pictures', '/home/me/pictures'],
    ['pictures', '/here/pictures'],
    ['./pictures', '/here/pictures'],
    ['../pictures', '/pictures'],
    ['.', '/here'],
    ['/pictures', '/pictures'],
    ['~me', '/here/~me'],
  ])('takes the folder %s as %s', (given, folder) => {
    const flags = config(['--data-dir', given, '--output-dir', given, '--input-dir', given]);
    expect(flags).toMatchObject({ dataDir: folder, outputDir: folder, inputDirs: [folder] });
    const env = {
      RUNCOMFY_DATA_DIR: given,
      RUNCOMFY_OUTPUT_DIR: given,
      RUNCOMFY_INPUT_DIR: given,
      RUNCOMFY_CONFIG_DIR: given,
    };
    const tokenFile = join(folder, 'token.json');
    const variables = config([], env);
    expect(variables).toMatchObject({ dataDir: folder, outputDir: folder, inputDirs: [folder], tokenFile });
  });

  it('asks for the working folder only where a path is relative', () => {
    const workingDir = () => {
      throw new Error('it is gone');
    };
    expect(parseConfig(['--data-dir', '/a'], {}, { ...PLATFORM, workingDir }).kind).toBe('config');
  });

  it('saves everything only where the user named a folder', () => {
    expect(config()).toMatchObject({ outputDir: '/home/me/Pictures/runcomfy-images', autoSave: false });
    expect(config([], { RUNCOMFY_OUTPUT_DIR: '~/out' })).toMatchObject({
      outputDir: '/home/me/out',
      autoSave: true,
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

  it('takes an empty value as unset', () => {
    expect(
      config(['--output-dir', '', '--wait= '], { RUNCOMFY_BASE_URL: '', RUNCOMFY_API_KEY: ' ' }),
    ).toEqual(config());
  });

  it('takes a value that holds a literal ${…} as unset, and tells of it, but never the value', () => {
    const env = {
      RUNCOMFY_API_KEY: '${RUNCOMFY_API_KEY:-secret}',
      RUNCOMFY_WAIT_SECONDS: '${env:WAIT}',
      RUNCOMFY_OUTPUT_DIR: '${HOME}/secret',
      RUNCOMFY_CONFIG_DIR: '/x/${secret}/y',
    };
    const { ignored, ...rest } = config(['--budget', '${user_config.budget}', '--sandbox=${secret}'], env);
    const { ignored: none, ...defaults } = config();
    expect(rest).toEqual(defaults);
    expect(none).toEqual([]);
    const unexpanded = [
      '--budget',
      '--sandbox',
      'RUNCOMFY_OUTPUT_DIR',
      'RUNCOMFY_API_KEY',
      'RUNCOMFY_CONFIG_DIR',
      'RUNCOMFY_WAIT_SECONDS',
    ];
    expect(ignored).toEqual(unexpanded.map((from) => ({ from, why: 'unexpanded' })));
    expect(ignoredTexts(ignored).join()).not.toContain('secret');
  });

  it.each(['null', 'undefined'])('takes %s, which a client makes of a cleared option, as unset', (value) => {
    const variables = ['RUNCOMFY_OUTPUT_DIR', 'RUNCOMFY_API_KEY', 'RUNCOMFY_BUDGET_USD', 'RUNCOMFY_SANDBOX'];
    const env = Object.fromEntries(variables.map((name) => [name, value]));
    const { ignored, ...rest } = config(['--input-dir', value], env);
    expect({ ...rest, ignored: [] }).toEqual(config());
    const from = ['--input-dir', ...variables];
    expect(ignored).toHaveLength(from.length);
    expect(ignored).toEqual(expect.arrayContaining(from.map((name) => ({ from: name, why: 'missing' }))));
    expect(ignoredTexts(ignored).join()).toContain('hold "null" or "undefined" instead of a value');
  });

  it('looks past what counts as unset: from a flag to its variable, from one folder or word to the next', () => {
    const env = {
      RUNCOMFY_WAIT_SECONDS: '10',
      RUNCOMFY_INPUT_DIR: ['/a', '${env:HOME}/b', '/c'].join(delimiter),
      RUNCOMFY_API_KEY: '${KEY}',
      RUNCOMFY_TOKEN: 'good',
    };
    expect(config(['--wait', '${WAIT}', '${MORE}', 'doctor'], env)).toMatchObject({
      command: 'doctor',
      waitSeconds: 10,
      inputDirs: ['/a', '/c'],
      key: { value: 'good', from: 'RUNCOMFY_TOKEN' },
      ignored: ['--wait', 'an argument', 'RUNCOMFY_API_KEY', 'RUNCOMFY_INPUT_DIR'].map((from) => ({ from })),
    });
    expect(config(['--input-dir', '${a}', '/b', '${c}'])).toMatchObject({
      inputDirs: ['/b'],
      ignored: [{ from: '--input-dir' }],
    });
  });

  it.each([
    'YOUR_RUNCOMFY_API_KEY',
    'your-api-key',
    'YOUR_…',
    'yourkey',
    '<your key>',
    '<RUNCOMFY_API_KEY>',
    '[paste your key here]',
    'Bearer YOUR_KEY',
    'paste-key-here',
    'replace_with_your_key',
    'sk-xxxxxxxx',
    'sk-...',
    'rc_abc...xyz',
    'xxxx-xxxx-xxxx',
    '********',
    'RUNCOMFY_API_KEY',
    'api_key',
    'changeme',
    'none',
  ])('takes %s as a placeholder, not as a key', (text) => {
    expect(config([], { RUNCOMFY_API_KEY: text })).toMatchObject({
      key: undefined,
      ignored: [{ from: 'RUNCOMFY_API_KEY', why: 'placeholder' }],
    });
  });

  it.each(['$RUNCOMFY_API_KEY', '%RUNCOMFY_API_KEY%', '{env:RUNCOMFY_API_KEY}', '{{key}}', '$(pass key)'])(
    'takes %s as what the client did not expand, not as a key',
    (text) => {
      expect(config([], { RUNCOMFY_API_KEY: text })).toMatchObject({
        key: undefined,
        ignored: [{ from: 'RUNCOMFY_API_KEY', why: 'unexpanded' }],
      });
    },
  );

  it.each([
    'a',
    'test-key-0123456789',
    'youth-8Zk2',
    'xK9-_xx8',
    '0f8fad5b-d9cb-469f-a165-70867728950e',
    'my.jwt.x',
  ])('takes %s as a key', (value) => {
    expect(config([], { RUNCOMFY_API_KEY: value }).key?.value).toBe(value);
  });

  it('looks for the token file where the vendor keeps it', () => {
    expect(config().tokenFile).toBe('/home/me/.config/runcomfy/token.json');
    expect(config([], { XDG_CONFIG_HOME: '/x' }).tokenFile).toBe('/x/runcomfy/token.json');
    const { tokenFile, ignored } = config([], { XDG_CONFIG_HOME: '${X}', RUNCOMFY_CONFIG_DIR: '/rc' });
    expect(tokenFile).toBe('/rc/token.json');
    // What is not needed is not complained about.
    expect(ignored).toEqual([]);
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
    [['--snippets'], '--snippets belongs to the doctor command'],
    [['--models', 'a b'], '--models holds "a b"'],
    [['docter'], 'unknown command "docter" (did you mean doctor?)'],
    [['sandbox'], '(did you mean --sandbox?)'],
    [['version'], '(did you mean --version?)'],
    [
      ['paint'],
      'unknown command "paint"; commands are serve, demo, doctor, install, uninstall, gallery, library, token, healthcheck, help',
    ],
    [['doctor', 'clear'], 'unexpected argument "clear"'],
    [['library', 'foo'], 'unexpected argument "foo"; library takes clear or nothing'],
    [
      ['library', 'claer'],
      'unexpected argument "claer" (did you mean clear?); library takes clear or nothing',
    ],
    [['library', 'clear', 'now'], 'unexpected argument "now"; library takes clear or nothing'],
    [['library clear'], 'unknown command "library clear"'],
    [['token'], 'token needs more words; token takes new'],
    [['token', 'old'], 'unexpected argument "old"; token takes new'],
    [['token', 'new'], 'token new needs an argument: token new TENANT'],
    [['token', 'new', 'a', 'b'], 'unexpected argument "b"; token takes new'],
    [['clear'], 'unknown command "clear"'],
    [['--snadbox'], 'unknown flag --snadbox (did you mean --sandbox?)'],
    [['--outputdir=x'], 'unknown flag --outputdir (did you mean --output-dir?)'],
    [['--output', 'x'], 'unknown flag --output (did you mean --output-dir?)'],
    [['-sandbox'], 'unknown flag -sandbox (did you mean --sandbox?)'],
    [['--demo'], 'unknown flag --demo (did you mean demo?)'],
    [['--keep', '3'], 'unknown flag --keep'],
  ])('refuses %j', (argv, problem) => {
    expect(problems(argv).join()).toContain(problem);
  });

  it('repeats no value of a flag that it does not know, as that may be a key', () => {
    for (const argv of [['--api-key', 'sk-1234'], ['--token=sk-1234'], ['--colour', 'sk-1234']]) {
      expect(problems(argv)).toHaveLength(1);
      expect(problems(argv).join()).not.toContain('1234');
    }
    expect(problems(['--api-key', 'sk-1234']).join()).toContain('set RUNCOMFY_API_KEY');
  });

  it('names a flag with one dash once, not letter by letter', () => {
    expect(problems(['-sandbox'])).toHaveLength(1);
  });

  it('takes the tenant of a new token, wherever the flags stand', () => {
    const taken = { command: 'token new', argument: 'acme' };
    expect(config(['token', 'new', 'acme'])).toMatchObject(taken);
    expect(config(['--input-dir', '/x', 'token', 'new', 'acme'])).toMatchObject(taken);
  });

  it('knows whether the library is to be shown or cleared, wherever the flags stand', () => {
    expect(config(['library']).command).toBe('library');
    const folders = { command: 'library clear', inputDirs: ['/x'] };
    expect(config(['library', 'clear', '--input-dir', '/x'])).toMatchObject(folders);
    expect(config(['--input-dir', '/x', 'library', 'clear'])).toMatchObject(folders);
    expect(config(['library', '--input-dir', '/x', 'clear'])).toMatchObject(folders);
    expect(config(['library', '--sandbox']).dataDir).toBe('/data/sandbox');
  });

  it('knows which hosts the doctor is asked for', () => {
    expect(config(['doctor']).snippets).toBeUndefined();
    expect(config(['doctor', '--snippets']).snippets).toEqual([]);
    expect(config(['doctor', '--snippets', '--sandbox'])).toMatchObject({ snippets: [], sandbox: true });
    expect(config(['--snippets', 'codex', 'cursor', '--wait', '1', 'doctor']).snippets).toEqual([
      'codex',
      'cursor',
    ]);
    expect(config(['doctor', '--snippets=codex,vs code']).snippets).toEqual(['codex', 'vs code']);
  });

  it('answers help and --version before anything else', () => {
    expect(parse(['--nonsense', '-h']).kind).toBe('help');
    expect(parse(['help']).kind).toBe('help');
    expect(parse(['doctor', 'help', '--nonsense']).kind).toBe('help');
    expect(parse(['--version']).kind).toBe('version');
  });
});
