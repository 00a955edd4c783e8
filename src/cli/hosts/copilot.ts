import { type Host, plainEntry } from './host.ts';

export const copilot: Host = {
  name: 'Copilot CLI',
  files: ['{COPILOT_HOME|~/.copilot}/mcp-config.json'],
  signs: ['{COPILOT_HOME|~/.copilot}'],
  program: 'copilot',
  format: 'json',
  section: 'mcpServers',
  entry: (start, env) => ({ type: 'local', ...plainEntry(start, env), tools: ['*'] }),
  paste: { place: '~/.copilot/mcp-config.json' },
};
