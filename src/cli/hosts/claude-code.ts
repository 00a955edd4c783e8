import { type Host, plainEntry, SERVER } from './host.ts';

export const claudeCode: Host = {
  name: 'Claude Code',
  files: ['{CLAUDE_CONFIG_DIR|~}/.claude.json'],
  signs: ['{CLAUDE_CONFIG_DIR|~/.claude}'],
  program: 'claude',
  format: 'json',
  section: 'mcpServers',
  // As its own command writes it.
  entry: (start, env = {}) => ({ type: 'stdio', ...plainEntry(start, env) }),
  // It rewrites this file all the time, under a lock that only its own command takes.
  own: {
    add: (words) => ['mcp', 'add', '--scope', 'user', SERVER, '--', ...words],
    remove: ['mcp', 'remove', '--scope', 'user', SERVER],
  },
  paste: {
    place: 'a shell',
    language: 'sh',
    text: (line, key) => `claude mcp add ${SERVER} --env RUNCOMFY_API_KEY='${key}' -- ${line}`,
  },
};
