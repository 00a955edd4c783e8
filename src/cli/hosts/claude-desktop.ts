import { type Host, plainEntry } from './host.ts';

const FILE = 'claude_desktop_config.json';

export const claudeDesktop: Host = {
  name: 'Claude Desktop',
  // The app of the Microsoft Store sees a folder of its own in place of the first.
  files: [
    `{localAppData}/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/${FILE}`,
    `{appData}/Claude/${FILE}`,
  ],
  signs: ['{appData}/Claude', '/Applications/Claude.app', '{localAppData}/AnthropicClaude'],
  format: 'json',
  section: 'mcpServers',
  entry: ({ absoluteCommand, ...start }, env) =>
    plainEntry({ ...start, absoluteCommand, command: absoluteCommand }, env),
  paste: { place: `${FILE} (Settings, Developer, Edit Config)` },
  note: 'Claude Desktop does not search the PATH of your shell, so node is named by its absolute path, which "doctor --snippets desktop" prints. Print it again when you remove that version of node.',
};
