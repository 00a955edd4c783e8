import { type Host, plainEntry } from './host.ts';

export const codex: Host = {
  name: 'Codex CLI',
  files: ['{CODEX_HOME|~/.codex}/config.toml'],
  signs: ['{CODEX_HOME|~/.codex}'],
  program: 'codex',
  // Not by `codex mcp add` (0.169.0, measured): it sets no timeout, turns CRLF into LF and drops comments in other entries.
  format: 'toml',
  section: 'mcp_servers',
  entry: ({ command, args }, env) => {
    const { env: table, ...entry } = plainEntry({ command, args, absoluteCommand: command }, env);
    return { ...entry, tool_timeout_sec: 300, ...(table ? { env: table } : {}) };
  },
  paste: { place: '~/.codex/config.toml' },
  note: 'Keep tool_timeout_sec at 300 or more: a call hands over after 270 s. At its timeout Codex sends what it sends when the user stops, so a job that is still queued would be cancelled.',
};
