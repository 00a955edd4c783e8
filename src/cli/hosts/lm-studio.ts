import { base64, type Host, plainEntry, SERVER } from './host.ts';

export const lmStudio: Host = {
  name: 'LM Studio',
  files: ['~/.lmstudio/mcp.json'],
  signs: ['~/.lmstudio', '/Applications/LM Studio.app', '{localAppData}/Programs/LM Studio'],
  program: 'lms',
  format: 'json',
  section: 'mcpServers',
  entry: plainEntry,
  paste: { place: '~/.lmstudio/mcp.json (Program, Install, Edit mcp.json)' },
  link: (entry) => `https://lmstudio.ai/install-mcp?name=${SERVER}&config=${base64(entry)}`,
};
