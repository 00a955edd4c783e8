import type { Host } from './host.ts';

export const opencode: Host = {
  name: 'opencode',
  // It reads both, the first last.
  files: [
    '{XDG_CONFIG_HOME|~/.config}/opencode/opencode.jsonc',
    '{XDG_CONFIG_HOME|~/.config}/opencode/opencode.json',
  ],
  signs: ['{XDG_CONFIG_HOME|~/.config}/opencode'],
  program: 'opencode',
  format: 'json',
  section: 'mcp',
  entry: ({ command, args }, env) => ({
    type: 'local',
    command: [command, ...args],
    ...(env && { environment: env }),
  }),
  paste: {
    place: 'opencode.json, or ~/.config/opencode/opencode.json for all projects',
    around: { $schema: 'https://opencode.ai/config.json' },
  },
};
