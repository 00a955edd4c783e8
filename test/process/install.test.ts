import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parse as parseJsonc } from 'jsonc-parser';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SERVER } from '../../src/cli/hosts/host.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { MAIN, plainEnv, run, start } from '../support/process.ts';
import { freshDataDir, KEY } from '../support/program.ts';

const SETUP = '.config/runcomfy-image-mcp';

/** A user with a home of their own, in which no program of a host is in PATH. */
function user(extra: Record<string, string> = {}) {
  const home = freshDataDir();
  mkdirSync(home, { recursive: true });
  const env = { HOME: home, PATH: join(home, 'bin'), APPDATA: '', XDG_CONFIG_HOME: '', ...extra };
  const at = (path: string) => join(home, path);
  return {
    home,
    env,
    at,
    write(path: string, content: string | Buffer) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), content);
    },
    read: (path: string) => readFileSync(at(path), 'utf8'),
    files: () =>
      readdirSync(home, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    install: (...args: string[]) => run(['install', '--sandbox', ...args], env),
    uninstall: (...args: string[]) => run(['uninstall', ...args], env),
  };
}

const CURSOR = '.cursor/mcp.json';
const CODEX = '.codex/config.toml';
const OTHER = '{"command": "b", "env": {"TOKEN": "hunter2-secret"}}';

const JSONS: Record<string, string> = {
  'with comments': `{\n  // first\n  "mcpServers": {\n    "a": ${OTHER} // beside a\n    /* last */\n  },\n  "z": 1 // end\n}\n`,
  'with comments alone in the section': '{\n  "mcpServers": { // none yet\n  }\n}\n',
  'with CRLF and tabs': `{\r\n\t"mcpServers": {\r\n\t\t"a": ${OTHER}\r\n\t}\r\n}\r\n`,
  'with a byte order mark': `\ufeff{\n    "mcpServers": {\n        "a": ${OTHER}\n    }\n}`,
  'with trailing commas': `{\n  "mcpServers": {\n    "a": ${OTHER},\n  },\n}\n`,
  'with a trailing comma before a comment': `{\n  "mcpServers": {\n    "a": ${OTHER}, // beside a\n  },\n}\n`,
  'on one line': `{"mcpServers":{"a":${OTHER}}}`,
  'with leading commas': `{ "mcpServers":\n  { "a": ${OTHER}\n  , "b": ${OTHER}\n  }\n}\n`,
  'without the section': '{\n  "theme": "dark",\n  "list": [1,\n    2]\n}\n',
  'with an empty section': '{ "mcpServers": {} }\n',
  'of an empty object': '{}',
  'of nothing': '',
  'of blanks and a comment': '// mine\n\n',
};
const TOMLS: Record<string, string> = {
  'with comments and CRLF':
    '# mine\r\nmodel = "o3"   # best\r\n\r\n[mcp_servers.a]\r\ncommand = "b"\r\nargs = [ "c",\r\n  "d", # why\r\n]\r\n\r\n[tui]\r\nx=1\r\n',
  'without a line end at its end': '[mcp_servers.a.env]\nTOKEN = "hunter2-secret"',
  'with a byte order mark': '\ufeffmodel = "o3"\n',
  'with dates, large numbers and text that looks like a table':
    'when = 2020-01-01T00:00:00Z\nn = 9223372036854775807\nf = inf\nt = """\n[mcp_servers.runcomfy-image]\n"""\n',
  'of nothing': '',
};
// Each a host of its own, so that one command changes several.
const JSON_FILES = [CURSOR, '.lmstudio/mcp.json', '.copilot/mcp-config.json', '.gemini/settings.json'];
interface Case {
  what: string;
  text: string;
  file: string;
}
const casesOf = (texts: Record<string, string>, files: readonly string[]): Case[] =>
  Object.entries(texts).map(([what, text], index) => {
    return { what, text, file: files[index % files.length] as string };
  });
const IN_JSON = casesOf(JSONS, JSON_FILES);
/** The files of a home, one of each host. */
const HOMES = casesOf(TOMLS, [CODEX]).map((toml, index) => [
  ...IN_JSON.slice(index * JSON_FILES.length, (index + 1) * JSON_FILES.length),
  toml,
]);
/** The comment at the end of a line, or nothing. */
const remark = (line: string): string => /(\/\/|#|\/\*).*$/.exec(line)?.[0] ?? '';
const serversIn = (file: string, text: string): Record<string, { args: string[] }> => {
  const plain = text.replace(/^\ufeff/, '');
  const value =
    file === CODEX
      ? parseToml(plain, { integersAsBigInt: 'asNeeded' })
      : parseJsonc(plain, [], { allowTrailingComma: true });
  return (file === CODEX ? value.mcp_servers : value?.mcpServers) as Record<string, { args: string[] }>;
};

const named = (cases: Case[]) => cases.map(({ what, file }) => `${file} ${what}`).join(', ');

describe.each(HOMES.map((cases) => ({ name: named(cases), cases })))('$name', ({ cases }) => {
  it('keep all lines, get the entry once, and are the same to the byte after uninstall', async () => {
    const { at, write, read, files, install, uninstall } = user();
    for (const { file, text } of cases) {
      write(file, text);
      chmodSync(at(file), 0o640);
    }
    const paths = cases.map(({ file }) => at(file)).sort();
    const contents = () => cases.map(({ file }) => read(file));
    const before = contents();
    const dry = await install('--dry-run');
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect([files().sort(), contents()]).toEqual([paths, before]);
    const { code, stdout, stderr } = await install();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain('hunter2');
    for (const { file, text } of cases) {
      const changed = read(file);
      const { [SERVER]: ours, ...others } = serversIn(file, changed);
      expect(ours?.args).toEqual([MAIN, '--sandbox']);
      expect(others).toEqual({ ...serversIn(file, text) });
      for (const line of text.split(/\r?\n/)) expect(changed).toContain(remark(line));
      if (text.includes('\r\n')) expect(changed.replaceAll('\r\n', '')).not.toContain('\n');
      expect(statSync(at(file)).mode & 0o777).toBe(0o640);
    }
    const after = contents();
    expect((await install()).stdout.match(/has it already/g)).toHaveLength(cases.length);
    expect(contents()).toEqual(after);
    expect((await uninstall()).code).toBe(0);
    for (const { file, text } of cases) expect(readFileSync(at(file))).toEqual(Buffer.from(text));
    expect(files().sort()).toEqual(paths);
  });

  it('lose only the entry if they were changed in between', async () => {
    const { write, read, install, uninstall } = user();
    for (const { file, text } of cases) write(file, text);
    await install();
    const more = (file: string) => (file === CODEX ? '\n[later]\nx = 1\n' : '\n// added later\n');
    for (const { file } of cases) write(file, read(file) + more(file));
    expect((await uninstall()).code).toBe(0);
    for (const { file, text } of cases) {
      const left = read(file);
      expect(left).toContain(more(file).trim());
      expect({ ...serversIn(file, left) }).toEqual({ ...serversIn(file, text) });
      for (const line of text.split(/\r?\n/)) expect(left).toContain(remark(line));
    }
  });
});

const REFUSED: [string, string, string | Buffer, RegExp][] = [
  [
    'broken',
    CURSOR,
    '{\n  "mcpServers": {\n    "a": }\n}',
    /not valid JSON: value expected at line 3, column 10/,
  ],
  ['cut off', CURSOR, '{"mcpServers": {', /not valid JSON: close brace expected/],
  ['broken', CODEX, 'model = "o3"\nx = = 1\n', /not valid TOML: .* at line 2, column 5/],
  ['with an array as section', CURSOR, '{"mcpServers": []}', /"mcpServers" as an array/],
  ['with null as section', CURSOR, '{"mcpServers": null}', /"mcpServers" as null|"mcpServers" as a/],
  ['that is an array', CURSOR, '[]', /holds an array where an object is expected/],
  ['with the section twice', CURSOR, '{"mcpServers": {}, "mcpServers": {}}', /has "mcpServers" twice/],
  [
    'with an inline table',
    CODEX,
    'mcp_servers = { a = { command = "b" } }\n',
    /form of "mcp_servers" that only you can change/,
  ],
  ['with an array of tables', CODEX, '[[mcp_servers]]\na = 1\n', /"mcp_servers" as an array/],
  ['in UTF-16', CURSOR, Buffer.from('\ufeff{}', 'utf16le'), /not UTF-8/],
  ['nested too deep', CURSOR, '{"a":'.repeat(100_000), /nested too deep|not valid JSON/],
];

describe('a configuration', () => {
  it.each(REFUSED)('%s (%s) is refused and stays', async (_, file, content, why) => {
    const { at, write, install, uninstall, files } = user();
    write(file, content);
    const { code, stdout, stderr } = await install();
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(why);
    expect(stdout).toContain(at(file));
    expect(readFileSync(at(file))).toEqual(Buffer.from(content));
    await uninstall();
    expect(files()).toEqual([at(file)]);
  });

  it('in which a text looks like our table is not touched where it is not certain what to take out', async () => {
    const { write, read, install, uninstall } = user();
    write(CODEX, '');
    await install();
    const text = `${read(CODEX)}[later]\nt = """\n[mcp_servers.${SERVER}]\nx = 1\n[y]\n"""\n`;
    write(CODEX, text);
    expect(await uninstall()).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('only you can change'),
    });
    expect(read(CODEX)).toBe(text);
  });

  it('that is read-only is refused with how to go on', async () => {
    const { at, write, install } = user();
    write(CURSOR, '{}');
    chmodSync(at(CURSOR), 0o444);
    expect(await install()).toMatchObject({ code: 1, stdout: expect.stringContaining('make it writable') });
    expect(readFileSync(at(CURSOR), 'utf8')).toBe('{}');
  });

  it('behind a symbolic link is changed there, and the link stays; one that leads nowhere is refused', async () => {
    const { at, write, read, install, uninstall } = user();
    write('dotfiles/cursor.json', '{}');
    mkdirSync(at('.cursor'));
    symlinkSync('../dotfiles/cursor.json', at(CURSOR));
    expect((await install()).code).toBe(0);
    expect(lstatSync(at(CURSOR)).isSymbolicLink()).toBe(true);
    expect(read('dotfiles/cursor.json')).toContain(SERVER);
    expect(readdirSync(at('dotfiles'))).toEqual(['cursor.json']);
    await uninstall();
    expect(read('dotfiles/cursor.json')).toBe('{}');
    mkdirSync(at('.codex'));
    symlinkSync('nowhere', at(CODEX));
    expect((await install('--host', 'codex')).stdout).toContain('does not exist');
  });

  it('that does not exist is made with its folders, and goes with them', async () => {
    const { at, install, uninstall, files } = user();
    expect((await install()).stdout).toContain('No host was found');
    expect((await install('--host', 'lm-studio', 'opencode')).code).toBe(0);
    expect(existsSync(at('.lmstudio/mcp.json'))).toBe(true);
    expect(statSync(at('.lmstudio/mcp.json')).mode & 0o777).toBe(0o600);
    await uninstall();
    expect(files()).toEqual([]);
    expect(existsSync(at('.lmstudio'))).toBe(false);
  });

  it('of 5 MB is changed and undone', async () => {
    const { write, read, install, uninstall } = user();
    const text = JSON.stringify(
      { list: Array.from({ length: 50_000 }, (_, at) => ({ at, text: 'x'.repeat(80) })) },
      null,
      1,
    );
    write(CURSOR, text);
    const { stdout } = await install();
    expect(stdout.length).toBeLessThan(2_000);
    expect(read(CURSOR)).toContain(SERVER);
    await uninstall();
    expect(read(CURSOR) === text).toBe(true);
  });
});

describe('an entry that is there already', () => {
  it('made by hand is left, by install and by uninstall, and its key is not shown', async () => {
    const { write, read, install, uninstall } = user();
    const text = `{"mcpServers": {"${SERVER}": {"command": "mine", "env": {"RUNCOMFY_API_KEY": "${KEY}"}}}}`;
    write(CURSOR, text);
    for (const { code, stdout } of [await install(), await uninstall()]) {
      expect(code).toBe(0);
      expect(stdout).toContain('made by hand');
      expect(stdout).not.toContain(KEY);
    }
    expect(read(CURSOR)).toBe(text);
  });

  it('made by install is replaced in its place, and undone to what was before the first', async () => {
    const { env, write, read, uninstall } = user();
    const sandbox = await startSandbox({ key: KEY });
    onTestFinished(() => sandbox.close());
    const texts = { [CURSOR]: JSONS['with comments'] ?? '', [CODEX]: TOMLS['with comments and CRLF'] ?? '' };
    for (const [file, text] of Object.entries(texts)) write(file, text);
    await run(['install', '--sandbox'], env);
    const { stdout } = await run(['install'], {
      ...env,
      RUNCOMFY_API_KEY: KEY,
      RUNCOMFY_BASE_URL: sandbox.origin,
    });
    for (const file of Object.keys(texts)) expect(serversIn(file, read(file))[SERVER]?.args).toEqual([MAIN]);
    expect(stdout).not.toContain(KEY);
    await uninstall();
    for (const [file, text] of Object.entries(texts)) expect(read(file)).toBe(text);
  });
});

describe('the key', () => {
  it('is checked, stored in one file for its owner alone, and in no other; the server finds it there', async () => {
    const { env, home, at, write, read, files } = user();
    const sandbox = await startSandbox({ key: KEY });
    onTestFinished(() => sandbox.close());
    const service = { RUNCOMFY_BASE_URL: sandbox.origin };
    write(CURSOR, '{}');
    write(CODEX, '');
    write('.claude.json', '{}');
    // A program of a host that tells what it was given.
    write('bin/claude', '#!/bin/sh\nset > "$HOME/told"\necho "$@" >> "$HOME/told"\nexit 3\n');
    chmodSync(at('bin/claude'), 0o755);
    const refused = await run(['install'], { ...env, ...service, RUNCOMFY_API_KEY: 'wrong-key-123' });
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('refused') });
    expect(read(CURSOR)).toBe('{}');
    const done = await run(['install'], { ...env, ...service, RUNCOMFY_API_KEY: KEY });
    expect(done.stdout).toContain('balance $5');
    expect(done.stdout).toContain(`Claude Code     ${at('.claude.json')}`);
    expect(read('told')).toContain('mcp add --scope user');
    const keyFile = at(join(SETUP, 'key'));
    expect(files().filter((file) => readFileSync(file, 'utf8').includes(KEY))).toEqual([keyFile]);
    expect(done.stdout + done.stderr).not.toContain(KEY);
    for (const file of files().filter((path) => path.startsWith(at(SETUP)))) {
      expect(statSync(file).mode & 0o777, file).toBe(0o600);
      expect(statSync(dirname(file)).mode & 0o777, file).toBe(0o700);
    }
    const doctor = await run(['doctor', '--data-dir', join(home, 'data')], { ...env, ...service });
    expect(doctor.stdout).toContain(`found in ${keyFile}`);
    expect(doctor.stdout).toContain('accepts the key');
    expect(doctor.stdout).toMatch(/hosts .*Cursor, Codex CLI/);
    // One host, then the other: the key goes with the last.
    expect((await run(['uninstall', '--host', 'cursor'], env)).stdout).toContain('the key stays');
    expect(existsSync(keyFile)).toBe(true);
    expect((await run(['uninstall'], env)).stdout).toContain(`removed from ${keyFile}`);
    expect(existsSync(at(SETUP))).toBe(false);
  });

  it('that is missing is an error where nobody can be asked, and nothing is changed', async () => {
    const { env, write, read, files } = user();
    write(CURSOR, '{}');
    const { code, stdout } = await run(['install'], env);
    expect(code).toBe(1);
    expect(stdout).toContain('Set RUNCOMFY_API_KEY for this one command');
    expect([read(CURSOR), files().length]).toEqual(['{}', 1]);
  });

  it('that cannot be checked is stored all the same, and said to be unchecked', async () => {
    const { env, write, read } = user();
    write(CURSOR, '{}');
    const service = { RUNCOMFY_BASE_URL: 'http://127.0.0.1:9', RUNCOMFY_API_KEY: KEY };
    const { code, stdout } = await run(['install'], { ...env, ...service });
    expect(code).toBe(0);
    expect(stdout).toContain('could not be checked');
    expect(read(join(SETUP, 'key'))).toBe(`${KEY}\n`);
  });
});

describe('what goes wrong', () => {
  it('two installs at once: one does it, and what is undone is what was there', async () => {
    for (let round = 0; round < 4; round++) {
      const { write, read, install, uninstall } = user();
      write(CURSOR, '{}');
      write(CODEX, '');
      const all = await Promise.all(Array.from({ length: 5 }, () => install()));
      expect(all.some(({ code }) => code === 0)).toBe(true);
      for (const { code, stderr } of all)
        if (code !== 0) expect(stderr).toContain('Another install or uninstall is under way');
      await uninstall();
      expect([read(CURSOR), read(CODEX)]).toEqual(['{}', '']);
    }
  });

  it('killed while it takes its lock: the next install works', async () => {
    const { env, at, write, install } = user();
    write(CURSOR, '{}');
    const stop = `const files = require('node:fs/promises');
      const { open } = files;
      files.open = async (path, ...given) => {
        const file = await open(path, ...given);
        if (/lock/.test(path)) file.writeFile = () => process.kill(process.pid, 'SIGKILL');
        return file;
      };`;
    write('stop.cjs', stop);
    const NODE_OPTIONS = `--require ${at('stop.cjs')}`;
    expect((await run(['install', '--sandbox'], { ...env, NODE_OPTIONS })).code).not.toBe(0);
    expect(await install()).toMatchObject({ code: 0, stderr: '' });
  });

  it('killed at any moment: each file is whole, old or new, and the next install and uninstall work', async () => {
    const { env, write, read, install, uninstall, files } = user();
    const old = JSONS['with CRLF and tabs'] ?? '';
    for (let delay = 40; delay < 260; delay += 20) {
      write(CURSOR, old);
      const { child, ended } = start(['install', '--sandbox'], env);
      setTimeout(() => child.kill('SIGKILL'), delay);
      await ended;
      const text = read(CURSOR);
      if (text !== old) expect(serversIn(CURSOR, text)[SERVER]).toBeDefined();
      expect((await install()).code).toBe(0);
      expect((await uninstall()).code).toBe(0);
      expect(read(CURSOR)).toBe(old);
    }
    expect(files().filter((file) => file.includes('.cursor') && !file.endsWith('.tmp'))).toHaveLength(1);
  });

  it('hosts and flags that do not exist are named', async () => {
    const { install, env } = user();
    expect(await install('--host', 'cursr')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('unknown host "cursr" (did you mean Cursor?)'),
    });
    expect(await run(['install', '--budget', '5'], env)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--budget does not belong to install'),
    });
    expect(await run(['doctor', '--dry-run'], env)).toMatchObject({ code: 2 });
  });
});

const PYTHON = [
  '/usr/bin/python3',
  '/usr/local/bin/python3',
  join(process.env.HOME ?? '', '.pyenv/shims/python3'),
].find(existsSync);

/** Runs a command in a pseudo-terminal, with what is typed when a question appears. */
const DRIVER = `
import os, pty, sys, select, termios, json
answers = json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = b''
shown = b''
while True:
    try:
        chunk = os.read(fd, 4096)
    except OSError:
        break
    if not chunk: break
    seen += chunk
    shown += chunk
    while answers and answers[0][0].encode() in seen:
        seen = seen.split(answers[0][0].encode(), 1)[1]
        os.write(fd, answers.pop(0)[1].encode())
_, status = os.waitpid(pid, 0)
print(json.dumps({'shown': shown.decode('utf8', 'replace'), 'code': os.waitstatus_to_exitcode(status), 'left': len(answers)}))
`;

async function inTerminal(args: string[], env: Record<string, string>, answers: [string, string][]) {
  const command = ['-c', DRIVER, JSON.stringify(answers), ...args];
  const child = spawn(PYTHON as string, command, { env: plainEnv(env) });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.pipe(process.stderr);
  await new Promise((resolve) => child.once('close', resolve));
  return JSON.parse(out) as { shown: string; code: number; left: number };
}

if (PYTHON === undefined) process.stderr.write('No python3: install is not tried in a terminal\n');

describe.skipIf(PYTHON === undefined)('in a terminal', () => {
  const QUESTION = 'RunComfy API key (not shown';

  it('asks for the key without showing it, again if it is refused, and for each host', async () => {
    const { env, write, read, files, at } = user();
    const sandbox = await startSandbox({ key: KEY });
    onTestFinished(() => sandbox.close());
    write(CURSOR, '{}');
    write(CODEX, '');
    const answers: [string, string][] = [
      [QUESTION, 'wrong-key-123\r'],
      [QUESTION, `x\u0015${KEY}y\u007f\r`],
      ['Change Cursor? [Y/n]', 'n\r'],
      ['Change Codex CLI? [Y/n]', '\r'],
    ];
    const { shown, code, left } = await inTerminal(
      [process.execPath, MAIN, 'install'],
      { ...env, RUNCOMFY_BASE_URL: sandbox.origin },
      answers,
    );
    expect({ code, left, shown }).toMatchObject({ code: 0, left: 0 });
    expect(shown).not.toContain(KEY);
    expect(shown).not.toContain('wrong-key');
    expect([read(CURSOR), read(CODEX).includes(SERVER)]).toEqual(['{}', true]);
    expect(files().filter((file) => readFileSync(file, 'utf8').includes(KEY))).toEqual([
      at(join(SETUP, 'key')),
    ]);
  });

  it('gives the terminal back as it was when Ctrl-C answers', async () => {
    const { env, write, read } = user();
    write(CURSOR, '{}');
    const command = `'${process.execPath}' '${MAIN}' install; echo "code $?"; PATH=/bin:/usr/bin stty -a`;
    const { shown } = await inTerminal(['/bin/sh', '-c', command], env, [[QUESTION, 'half-a-key\u0003']]);
    expect(shown).toContain('code 130');
    expect(shown).toMatch(/(?<![-\w])echo /);
    expect(shown).toMatch(/(?<![-\w])icanon/);
    expect(shown).not.toContain('half-a-key');
    expect(read(CURSOR)).toBe('{}');
  });
});
