import { SETTINGS, valueText } from '../config/settings.ts';
import { NAME } from '../version.ts';

const COMMANDS = [
  ['serve', 'serve MCP over standard input and output (the default; hosts start this)'],
  ['demo', 'play a host: list the tools, make a picture, cancel a job; uses the sandbox unless --live'],
  ['doctor', 'check the key, the folders and the models; with --snippets, print what to paste into a client'],
  ['gallery', 'show all recorded jobs in a browser, on this machine only'],
  ['help', 'print this text'],
] as const;

/** The text of --help, made from the same table that parses the flags. */
export function helpText(): string {
  const flags = SETTINGS.map((setting) => {
    const { flag, short, variable, help } = setting;
    const left = `${short ? `-${short}, ` : ''}--${flag}${valueText(setting)}`;
    return [left, variable ? `${help} [${variable}]` : help] as const;
  });
  const width = Math.max(...[...COMMANDS, ...flags].map(([left]) => left.length)) + 2;
  const rows = (pairs: readonly (readonly [string, string])[]) =>
    pairs.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join('\n');
  return `${NAME}: RunComfy's image models as MCP tools

Usage: ${NAME} [${COMMANDS.map(([name]) => name).join('|')}] [flags]

Commands
${rows(COMMANDS)}

Flags (each also as the variable in brackets; a flag wins)
${rows(flags)}

The key is read from RUNCOMFY_API_KEY, RUNCOMFY_API_TOKEN or RUNCOMFY_TOKEN, then from the token file of
RunComfy's command line (RUNCOMFY_CONFIG_DIR, XDG_CONFIG_HOME or ~/.config/runcomfy).
`;
}
