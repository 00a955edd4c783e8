import { describe, expect, it } from 'vitest';
import { isLoopback, parseAddress, parseHostName } from '../../src/config/address.ts';
import { parseConfig } from '../../src/config/config.ts';

const PLATFORM = { dataDir: '/data', homeDir: '/home/me', workingDir: () => '/here' };
const parse = (argv: string[], env: Record<string, string> = {}) => parseConfig(argv, env, PLATFORM);

function service(argv: string[], env: Record<string, string> = {}) {
  const parsed = parse(argv, env);
  if (parsed.kind !== 'config') throw new Error(JSON.stringify(parsed));
  return parsed.config.service;
}

function problems(argv: string[], env: Record<string, string> = {}): string[] {
  const parsed = parse(argv, env);
  return parsed.kind === 'problems' ? parsed.problems : [];
}

describe('the library over HTTP', () => {
  it('is off unless it is asked for', () => {
    const bytes = (argv: string[], env: Record<string, string> = {}) => {
      const parsed = parse(argv, env);
      return parsed.kind === 'config' ? parsed.config.keepImagesBytes : parsed;
    };
    expect(bytes([])).toBe(2e9);
    expect(bytes(['--http'])).toBe(0);
    expect(bytes(['--http', '--keep-images', '3'])).toBe(3e9);
    expect(bytes(['--http'], { RUNCOMFY_KEEP_IMAGES: '1' })).toBe(1e9);
  });
});

describe('the library of replicas', () => {
  const STORE = ['--http', '--store', 'postgres://db/images'];
  const read = (...argv: string[]) => service([...STORE, ...argv])?.library;

  it('is the data folder, a folder that they share, or their database', () => {
    expect(read()).toBeUndefined();
    expect(read('--library', '/mnt/pictures')).toEqual({ in: 'folder', dir: '/mnt/pictures' });
    expect(read('--library', 'store')).toEqual({ in: 'store' });
  });

  it.each(['pictures', './store', '~/pictures', 'Store', '', '$'.concat('{LIBRARY}')])('is not %j', (text) =>
    expect(problems([...STORE, '--library', text])).toContain(
      '--library takes the whole path of a folder that all replicas share, or store',
    ),
  );

  it('is not taken for the data folder where its variable did not arrive', () => {
    expect(problems(STORE, { RUNCOMFY_LIBRARY: '$'.concat('{LIBRARY}') })[0]).toContain('--library takes');
  });

  it.each(['store', '/mnt/pictures'])('is %s only beside records that they share', (text) => {
    expect(problems(['--http', '--library', text])).toEqual([
      '--library needs --store: replicas share pictures with their records',
    ]);
    expect(problems(['--library', text])).toContain('--library belongs to --http');
  });
});

describe('the public URL', () => {
  const read = (text: string) => service(['--http', '--public-url', text])?.publicUrl;

  it('is what links begin with', () => {
    expect(read('https://a.example')).toBe('https://a.example');
    expect(read('https://A.example:8443/images//')).toBe('https://a.example:8443/images');
    expect(read('http://127.0.0.1:3333/')).toBe('http://127.0.0.1:3333');
  });

  it.each([
    'a.example',
    'ftp://a.example',
    'javascript:alert(1)',
    'https://me:x@a.example',
    'https://a.example/?b',
    'https://a.example/#b',
  ])('is not %s', (text) =>
    expect(problems(['--http', '--public-url', text])[0]).toContain('it takes a URL such as'),
  );
});

describe('an address to listen at', () => {
  it.each([
    ['3333', { host: '127.0.0.1', port: 3333 }],
    ['localhost:3333', { host: 'localhost', port: 3333 }],
    ['LocalHost:3333', { host: 'localhost', port: 3333 }],
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['[::1]:3333', { host: '::1', port: 3333 }],
    ['[::]:3333', { host: '::', port: 3333 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ])('%s', (text, address) => expect(parseAddress(text)).toEqual(address));

  it.each([
    ':3333',
    '::1:3333',
    '[::1]',
    'localhost',
    'localhost:',
    'localhost:port',
    'localhost:65536',
    'http://localhost:3333',
    'localhost:3333/mcp',
    'me@localhost:3333',
    '*:3333',
    '-1',
    '3333.5',
    '',
  ])('not "%s"', (text) => expect(parseAddress(text)).toBeUndefined());

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['localhost', true],
    ['::1', true],
    ['127.0.0.1.evil.com', false],
    ['127.evil', false],
    ['127.999.0.1', false],
    ['0.0.0.0', false],
    ['::', false],
    ['::ffff:127.0.0.1', false],
    ['10.0.0.1', false],
    ['localhost.evil.com', false],
  ])('%s is reached by this machine only: %s', (host, is) => expect(isLoopback(host)).toBe(is));
});

describe('a host name', () => {
  it.each([
    ['MCP.Example.com', 'mcp.example.com'],
    ['mcp.example.com.', 'mcp.example.com'],
    ['my_service', 'my_service'],
    ['127.0.0.1', '127.0.0.1'],
    ['[::1]', '[::1]'],
    ['[0:0:0:0:0:0:0:1]', '[::1]'],
    ['[FE80::1]', '[fe80::1]'],
  ])('%s', (text, name) => expect(parseHostName(text)).toBe(name));

  it.each([
    'me@localhost',
    'localhost:3333',
    'localhost..',
    '.localhost',
    'localhost/',
    'localhost\\',
    'localhost#',
    'local host',
    '%6cocalhost',
    '::1',
    '[::1',
    '[:::1]',
    '*.example.com',
    'bücher.example',
    '',
  ])('not "%s"', (text) => expect(parseHostName(text)).toBeUndefined());
});

describe('--http', () => {
  it.each(['false', '0', 'off', 'No'])('is off with RUNCOMFY_HTTP=%s', (value) =>
    expect(service([], { RUNCOMFY_HTTP: value })).toBeUndefined(),
  );

  it.each(['true', '1', 'on', 'Yes'])('listens where it does by default with RUNCOMFY_HTTP=%s', (value) =>
    expect(service([], { RUNCOMFY_HTTP: value })?.listen).toEqual({ host: '127.0.0.1', port: 3333 }),
  );

  it('listens there without a value, and where its value says', () => {
    expect(service(['--http'])?.listen).toEqual({ host: '127.0.0.1', port: 3333 });
    expect(service(['--http', '[::1]:4000'])?.listen).toEqual({ host: '::1', port: 4000 });
    // The flag wins.
    expect(service(['--http', '4000'], { RUNCOMFY_HTTP: 'false' })?.listen.port).toBe(4000);
  });

  it('takes one address', () => {
    expect(problems(['--http', '3333', '4444'])).toEqual(['--http takes one address, not 3333 and 4444']);
    expect(problems(['--http=3333', '--http=4444'])).toHaveLength(1);
    expect(problems([], { RUNCOMFY_HTTP: '3333,4444' })).toHaveLength(1);
  });

  it.each([
    [['--http', '0.0.0.0:80'], 'it needs --auth and --allowed-host'],
    [['--http', '[::]:80'], 'it needs --auth and --allowed-host'],
    [['--http', 'example.com:80', '--allowed-host', 'example.com'], 'it needs --auth'],
    [['--http', '0.0.0.0:80', '--auth', 'tokens:/tokens.json'], 'it needs --allowed-host'],
    [['--http', '0.0.0.0:80', '--auth', 'tokens:/t', '--allowed-host', ','], 'it needs --allowed-host'],
    [['--http', '3333', '--metrics', '127.0.0.1:3333'], '--metrics 127.0.0.1:3333 has the port of --http'],
    [['--http', ':3333'], '--http is ":3333"; it takes HOST:PORT, [IPv6]:PORT or a port'],
    [['--http', 'yes please'], '--http is "yes please"'],
  ])('refuses %j', (argv, problem) => expect(problems(argv).join()).toContain(problem));

  it('names every problem at once', () => {
    const argv = ['--http', '0.0.0.0:80', '--allowed-host', 'https://a.example/mcp', '--allowed-origin', '*'];
    expect(problems([...argv, '--metrics', 'nowhere', '--auth', 'everybody'])).toHaveLength(5);
  });
});

describe('--allowed-host', () => {
  it('takes names in any spelling', () => {
    const argv = ['--http', '--allowed-host', 'MCP.Example.com.,[0:0::1]', 'my_service'];
    expect(service(argv)?.allowedHosts).toEqual(['mcp.example.com', '[::1]', 'my_service']);
  });

  it.each([
    ['https://mcp.example.com/mcp', 'mcp.example.com'],
    ['mcp.example.com:443', 'mcp.example.com'],
    ['::1', '[::1]'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['*.example.com', 'mcp.example.com'],
    ['*', 'mcp.example.com'],
  ])('refuses %s and says what is right', (given, right) => {
    const [problem, ...others] = problems(['--http', '--allowed-host', given]);
    expect(others).toEqual([]);
    expect(problem).toBe(
      `--allowed-host holds "${given}"; it takes host names without scheme, port, path or *, such as ${right}`,
    );
  });
});

describe('--allowed-origin', () => {
  it('takes origins', () => {
    const argv = ['--http', '--allowed-origin', 'https://App.example.com,http://localhost:6274'];
    expect(service(argv)?.allowedOrigins).toEqual(['https://app.example.com', 'http://localhost:6274']);
  });

  it.each([
    ['https://app.example.com/', 'https://app.example.com'],
    ['https://app.example.com/page?a#b', 'https://app.example.com'],
    ['https://app.example.com:443', 'https://app.example.com'],
    ['https://me@app.example.com', 'https://app.example.com'],
    ['app.example.com', 'https://app.example.com'],
    ['https://*.example.com', 'https://app.example.com'],
    ['file:///page.html', 'https://app.example.com'],
    ['*', 'https://app.example.com'],
  ])('refuses %s and says what is right', (given, right) => {
    const [problem, ...others] = problems(['--http', '--allowed-origin', given]);
    expect(others).toEqual([]);
    expect(problem).toBe(
      `--allowed-origin holds "${given}"; it takes origins, with scheme and without path or *, such as ${right}`,
    );
  });

  it('says from which variable a value came', () => {
    const env = { RUNCOMFY_HTTP: 'on', RUNCOMFY_ALLOWED_ORIGIN: '*', RUNCOMFY_ALLOWED_HOST: '*' };
    expect(problems([], env).map((problem) => problem.split(' ')[0])).toEqual([
      'RUNCOMFY_ALLOWED_HOST',
      'RUNCOMFY_ALLOWED_ORIGIN',
    ]);
  });
});

describe('--auth', () => {
  it.each([
    ['--auth', ['--auth=']],
    ['--auth', ['--auth', 'tokens:${TENANTS}']],
    ['--auth', ['--auth', 'null']],
    ['RUNCOMFY_AUTH', [], '${AUTH}'],
    ['RUNCOMFY_AUTH', [], 'undefined'],
  ])('lets nobody in where what %s says did not arrive: %j', (from, argv, variable = '') => {
    expect(problems(['--http', ...argv], { RUNCOMFY_AUTH: variable })).toEqual([
      `${from} has no value that can be used; it takes tokens:FILE or oauth`,
    ]);
  });

  it('may be absent or empty on this machine', () => {
    expect(service(['--http'], { RUNCOMFY_AUTH: '' })?.auth).toEqual({ mode: 'none' });
  });
});

describe('a limit of active jobs', () => {
  const TOKENS = ['--http', '--auth', 'tokens:/t.json'];
  const limitOf = (argv: string[], env: Record<string, string> = {}) => {
    const parsed = parseConfig(argv, env, PLATFORM);
    return parsed.kind === 'config' ? parsed.config.maxActiveJobs : parsed;
  };

  it('is there for tenants, and for the one user of a server only if they want it', () => {
    expect(limitOf(TOKENS)).toBe(100);
    expect(limitOf([...TOKENS, '--max-active-jobs', '7'])).toBe(7);
    expect(limitOf(['--http'])).toBeUndefined();
    expect(limitOf(['--http'], { RUNCOMFY_MAX_ACTIVE_JOBS: '7' })).toBe(7);
    expect(limitOf([], { RUNCOMFY_MAX_ACTIVE_JOBS: '7' })).toBeUndefined();
    expect(limitOf(['--http', '--max-active-jobs', '0'])).toMatchObject({
      problems: ['--max-active-jobs is "0"; it takes a number of jobs from 1 to 1000000'],
    });
  });
});
