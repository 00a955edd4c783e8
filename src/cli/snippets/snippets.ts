import { KEY, librarySnippets, type Snippet } from './library-snippets.ts';
import type { StartCommand } from './start-command.ts';

/** The name under which hosts know the server. */
export const SERVER = 'runcomfy-image';
// VS Code asks the user for it.
const VS_CODE_INPUT = '${input:runcomfy-key}';

/** Snippets for all documented hosts, for one way of starting the server. */
export function snippets({ command, absoluteCommand, args }: StartCommand): Snippet[] {
  const env = { RUNCOMFY_API_KEY: KEY };
  const entry = { command, args, env };
  const line = [command, ...args].map(quoted).join(' ');
  return [
    jsonSnippet(
      'Claude Desktop',
      'claude_desktop_config.json (Settings, Developer, Edit Config)',
      { mcpServers: { [SERVER]: { ...entry, command: absoluteCommand } } },
      'Claude Desktop does not search the PATH of your shell, so node is named by its absolute path, which "doctor --snippets desktop" prints. Print it again when you remove that version of node.',
    ),
    {
      host: 'Claude Code',
      place: 'a shell',
      language: 'sh',
      text: `claude mcp add ${SERVER} --env RUNCOMFY_API_KEY='${KEY}' -- ${line}`,
    },
    jsonSnippet('Cursor', '~/.cursor/mcp.json', { mcpServers: { [SERVER]: entry } }),
    jsonSnippet('VS Code', '.vscode/mcp.json', {
      inputs: [{ type: 'promptString', id: 'runcomfy-key', description: 'RunComfy API key', password: true }],
      servers: { [SERVER]: { type: 'stdio', ...entry, env: { RUNCOMFY_API_KEY: VS_CODE_INPUT } } },
    }),
    {
      host: 'Codex CLI',
      place: '~/.codex/config.toml',
      language: 'toml',
      text: `[mcp_servers.${SERVER}]\ncommand = ${JSON.stringify(command)}\nargs = ${JSON.stringify(args)}\ntool_timeout_sec = 300\n\n[mcp_servers.${SERVER}.env]\nRUNCOMFY_API_KEY = "${KEY}"`,
      note: 'Keep tool_timeout_sec at 300 or more: a call hands over after 270 s. At its timeout Codex sends what it sends when the user stops, so a job that is still queued would be cancelled.',
    },
    jsonSnippet(
      'Gemini CLI',
      '~/.gemini/settings.json (in a folder that is trusted)',
      { mcpServers: { [SERVER]: { ...entry, timeout: 600_000 } } },
      'In ACP mode it sends nothing when the user stops: the job goes on and is charged.',
    ),
    jsonSnippet('Copilot CLI', '~/.copilot/mcp-config.json', {
      mcpServers: { [SERVER]: { type: 'local', ...entry, tools: ['*'] } },
    }),
    jsonSnippet('opencode', 'opencode.json, or ~/.config/opencode/opencode.json for all projects', {
      $schema: 'https://opencode.ai/config.json',
      mcp: { [SERVER]: { type: 'local', command: [command, ...args], environment: env } },
    }),
    ...librarySnippets({ command, args }),
  ];
}

/** A word as a POSIX shell takes it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** A snippet for a configuration file in JSON. */
function jsonSnippet(host: string, place: string, value: object, note?: string): Snippet {
  return { host, place, language: 'json', text: JSON.stringify(value, null, 2), note };
}
