import { base64, type Host, plainEntry, SERVER } from './host.ts';

export const cursor: Host = {
  name: 'Cursor',
  files: ['~/.cursor/mcp.json'],
  signs: ['~/.cursor', '/Applications/Cursor.app', '{localAppData}/Programs/cursor'],
  program: 'cursor',
  format: 'json',
  section: 'mcpServers',
  entry: plainEntry,
  paste: { place: '~/.cursor/mcp.json' },
  link: (entry) => `https://cursor.com/en/install-mcp?name=${SERVER}&config=${base64(entry)}`,
};
