import { type Host, plainEntry, SERVER } from './host.ts';

const INPUT = 'runcomfy-key';

export const vsCode: Host = {
  name: 'VS Code',
  files: ['{appData}/Code/User/mcp.json'],
  signs: [
    '{appData}/Code/User',
    '/Applications/Visual Studio Code.app',
    '{localAppData}/Programs/Microsoft VS Code',
  ],
  program: 'code',
  format: 'json',
  section: 'servers',
  entry: (start, env) => ({ type: 'stdio', ...plainEntry(start, env) }),
  paste: {
    place: '.vscode/mcp.json',
    around: {
      inputs: [{ type: 'promptString', id: INPUT, description: 'RunComfy API key', password: true }],
    },
    key: `\${input:${INPUT}}`,
  },
  link: (entry) =>
    `https://vscode.dev/redirect/mcp/install?name=${SERVER}&config=${encodeURIComponent(JSON.stringify(entry))}`,
};
