import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Host } from '../hosts/host.ts';
import { HOSTS } from '../hosts/index.ts';

/** The hosts of which something is on this machine. */
export const foundHosts = (): Host[] => HOSTS.filter(isThere);

/** The configuration of a host, which need not exist. */
export function configOf({ files }: Host): string {
  const paths = files.flatMap(expand);
  return paths.find((path) => existsSync(path)) ?? (paths.at(-1) as string);
}

function isThere(host: Host): boolean {
  const paths = [...host.files, ...host.signs].flatMap(expand);
  return paths.some((path) => existsSync(path)) || programOf(host) !== undefined;
}

/** The path of a host's program, if it can be started without a shell. */
export function programOf({ program }: Pick<Host, 'program'>): string | undefined {
  if (program === undefined) return undefined;
  const name = process.platform === 'win32' ? `${program}.exe` : program;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((dir) => isAbsolute(dir));
  return folders.map((dir) => join(dir, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** A path of the table on this machine; nothing for one that means nothing on this platform. */
function expand(template: string): string[] {
  const home = homedir();
  const { platform, env } = process;
  const atHome = (path: string) => path.replace(/^~/, () => home);
  const variable = (name: string, otherwise: string) => {
    const value = env[name];
    return value !== undefined && isAbsolute(value) ? value : atHome(otherwise);
  };
  const appData = {
    win32: () => variable('APPDATA', '~/AppData/Roaming'),
    darwin: () => atHome('~/Library/Application Support'),
  }[platform as string];
  if (template.startsWith('/')) return platform === 'darwin' ? [template] : [];
  const [head = '', name = '', otherwise] = /^\{(\w+)(?:\|([^}]*))?\}/.exec(template) ?? [];
  const rest = template.slice(head.length);
  if (head === '') return [join(atHome(template))];
  if (otherwise !== undefined) return [join(variable(name, otherwise), rest)];
  if (name === 'localAppData')
    return platform === 'win32' ? [join(variable('LOCALAPPDATA', '~/AppData/Local'), rest)] : [];
  return [join(appData?.() ?? variable('XDG_CONFIG_HOME', '~/.config'), rest)];
}
