import { execFileSync } from 'node:child_process';
import { runInNewContext } from 'node:vm';
import { transformSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { SERVER } from '../../src/cli/hosts/host.ts';
import { installLinks } from '../../src/cli/snippets/links.ts';
import { snippets } from '../../src/cli/snippets/snippets.ts';

// What may stand in a path, on one platform or another.
const MAIN = `/Users/o'neil/my "$HOME" \\ files/dist/main.js`;
const START = { command: 'node', absoluteCommand: '/opt/my node/bin/node', args: [MAIN, '--sandbox'] };
const all = snippets(START);

/** The one value of a JSON tree that is a list and holds the path. */
function argsIn(tree: unknown): unknown[] {
  if (Array.isArray(tree)) return tree.includes(MAIN) ? tree : tree.flatMap(argsIn);
  return tree && typeof tree === 'object' ? Object.values(tree).flatMap(argsIn) : [];
}

describe('the snippets', () => {
  it.each(all.filter(({ language }) => language === 'json'))(
    'for $host are JSON that starts the server',
    ({ host, text }) => {
      const expected = host === 'opencode' ? ['node', ...START.args] : START.args;
      expect(argsIn(JSON.parse(text))).toEqual(expected);
    },
  );

  it.each(all.filter(({ language }) => language === 'ts'))('for $host are TypeScript', ({ text }) => {
    const { code } = transformSync(text, { loader: 'ts', format: 'esm' });
    const [, list = ''] = code.match(/args: (\[[\s\S]*?\])/) ?? [];
    expect([...runInNewContext(list)]).toEqual(START.args);
  });

  it.skipIf(process.platform === 'win32')('for a shell hand on every word as it is', () => {
    const { text = '' } = all.find(({ host }) => host === 'Claude Code') ?? {};
    const words = execFileSync('sh', ['-c', `claude() { printf '%s\\n' "$@"; }; ${text}`], {
      encoding: 'utf8',
    });
    expect(words.trimEnd().split('\n').slice(-4)).toEqual(['--', 'node', ...START.args]);
  });

  it('in TOML and Python hold the arguments as JSON writes them, which both read', () => {
    for (const name of ['Codex CLI', 'LangChain'])
      expect(all.find(({ host }) => host === name)?.text).toContain(JSON.stringify(START.args));
  });

  it('name node by its path for Claude Desktop alone', () => {
    const named = all.filter(({ text }) => text.includes(START.absoluteCommand)).map(({ host }) => host);
    expect(named).toEqual(['Claude Desktop']);
  });

  it('give each host what it needs', () => {
    const of = (name: string) => all.find(({ host }) => host === name);
    expect(Number(/tool_timeout_sec = (\d+)/.exec(of('Codex CLI')?.text ?? '')?.[1])).toBeGreaterThanOrEqual(
      300,
    );
    expect(of('Codex CLI')?.note).toContain('cancelled');
    expect(of('OpenAI Agents SDK')?.note).toContain('useStructuredContent: true');
    expect(of('AI SDK')?.note).toContain('base64 text');
    for (const name of ['AI SDK', 'Gemini CLI'])
      expect(of(name)?.note).toContain('sends nothing when the user stops');
  });
});

describe('the links', () => {
  const queryOf = (name: string) =>
    new URL(installLinks().find(({ host }) => host === name)?.url ?? '').searchParams;
  const START_BY_NPX = { command: 'npx', args: ['-y', 'runcomfy-image-mcp'] };

  it.each(['Cursor', 'LM Studio'])('for %s carry the entry as base64', (name) => {
    const query = queryOf(name);
    expect(query.get('name')).toBe(SERVER);
    expect(JSON.parse(Buffer.from(query.get('config') ?? '', 'base64').toString())).toEqual(START_BY_NPX);
  });

  it('for VS Code carry it as JSON, for Goose as words', () => {
    expect(JSON.parse(queryOf('VS Code').get('config') ?? '')).toEqual({ type: 'stdio', ...START_BY_NPX });
    const goose = queryOf('Goose');
    expect([goose.get('cmd'), ...goose.getAll('arg')]).toEqual(['npx', ...START_BY_NPX.args]);
  });
});
