import { SERVICE_SETTINGS } from '../config/service-settings.ts';
import { ARGUMENTS, COMMAND_WORDS, COMMANDS, SETTINGS } from '../config/settings.ts';
import { NAME } from '../version.ts';

/** The text of --help, from the tables that parsing uses. */
export function helpText(): string {
  const commands = Object.entries(COMMANDS).map(([name, help]): [string, string] => [
    name in ARGUMENTS ? `${name} ${ARGUMENTS[name]}` : name,
    help,
  ]);
  const flagRows = (isShown: (flag: string) => boolean) =>
    [...SETTINGS].flatMap(([flag, { short, value, variable, help }]): [string, string][] => {
      if (!isShown(flag)) return [];
      const left = `${short ? `-${short}, ` : ''}--${flag}${value ? ` ${value}` : ''}`;
      return [[left, variable ? `${help} [${variable}]` : help]];
    });
  const isOfService = (flag: string) => flag in SERVICE_SETTINGS;
  const flags = flagRows((flag) => !isOfService(flag));
  const serviceFlags = flagRows(isOfService);
  const width = Math.max(...[...commands, ...flags, ...serviceFlags].map(([left]) => left.length)) + 2;
  const rows = (pairs: [string, string][]) =>
    pairs.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join('\n');
  return `${NAME}: RunComfy's image models as MCP tools

Usage: ${NAME} [${COMMAND_WORDS.join('|')}] [flags]

Commands
${rows(commands)}

Flags (each also as the variable in brackets; a flag wins)
${rows(flags)}

Flags of a server over HTTP
${rows(serviceFlags)}

The key is read from RUNCOMFY_API_KEY, RUNCOMFY_API_TOKEN or RUNCOMFY_TOKEN, then from the file that install
writes (~/.config/${NAME}/key), then from the token file of RunComfy's command line
(RUNCOMFY_CONFIG_DIR, XDG_CONFIG_HOME or ~/.config/runcomfy).
`;
}
