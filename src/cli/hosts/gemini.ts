import { type Host, plainEntry } from './host.ts';

export const gemini: Host = {
  name: 'Gemini CLI',
  files: ['{GEMINI_CLI_HOME|~}/.gemini/settings.json'],
  signs: ['{GEMINI_CLI_HOME|~}/.gemini'],
  program: 'gemini',
  // Not by `gemini mcp add` (0.61.0, measured): it indents the file anew and turns CRLF into LF.
  format: 'json',
  section: 'mcpServers',
  entry: (start, env) => ({ ...plainEntry(start, env), timeout: 600_000 }),
  paste: { place: '~/.gemini/settings.json (in a folder that is trusted)' },
  note: 'In ACP mode it sends nothing when the user stops: the job goes on and is charged.',
};
