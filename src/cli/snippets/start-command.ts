import { realpathSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { NAME } from '../../version.ts';

/** How a host starts this server. */
export interface StartCommand {
  command: string;
  /** The command for hosts that do not have the PATH of a shell. */
  absoluteCommand: string;
  args: readonly string[];
}

// npx, pnpm dlx, yarn dlx and bunx run a package from folders that they delete when they like.
const RUNNER_CACHE = /[\\/](_npx|dlx|dlx-[^\\/]+|bunx-[^\\/]+)[\\/]/;
// fnm links node anew for every shell; a node below node_modules came with a package.
const PASSING = /[\\/](fnm_multishells|node_modules|_npx)[\\/]/;

/** How the program that runs now can be started again, also after its package runner or shell is gone. */
export function startCommand(running: {
  /** The path of dist/main.js. */
  main: string;
  execPath: string;
  PATH: string | undefined;
  isElectron: boolean;
}): StartCommand {
  if (RUNNER_CACHE.test(running.main)) {
    return { command: 'npx', absoluteCommand: 'npx', args: ['-y', NAME] };
  }
  const node = lastingNode(running);
  return { command: node, absoluteCommand: node, args: [running.main] };
}

/**
 * The path of node to write into a configuration: one from PATH that leads to the running node, as that stays when
 * Homebrew, Nix or mise put a new version behind it, else the running one itself. Plain `node` where neither lasts:
 * in Electron the running one is a helper of that app, which is no node.
 */
function lastingNode({ execPath, PATH = '', isElectron }: Parameters<typeof startCommand>[0]): string {
  if (isElectron) return 'node';
  const real = realpath(execPath);
  const found = PATH.split(delimiter)
    .filter((dir) => isAbsolute(dir))
    .map((dir) => join(dir, basename(execPath)))
    .concat(execPath)
    .find((path) => !PASSING.test(path) && realpath(path) === real);
  return found ?? 'node';
}

function realpath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
