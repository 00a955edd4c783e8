import { realpathSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { NAME } from '../../version.ts';

/** How a host starts this server. */
export interface StartCommand {
  command: string;
  /** For hosts without the PATH of a shell. */
  absoluteCommand: string;
  args: readonly string[];
}

interface Running {
  /** The path of dist/main.js. */
  main: string;
  execPath: string;
  PATH: string | undefined;
  isElectron: boolean;
}

// npx, pnpm dlx, yarn dlx and bunx run a package from folders that they may delete at any time.
const RUNNER_CACHE = /[\\/](_npx|dlx|dlx-[^\\/]+|bunx-[^\\/]+)[\\/]/;
// fnm makes a link to node for each shell; a node below node_modules came with a package.
const TEMPORARY = /[\\/](fnm_multishells|node_modules|_npx)[\\/]/;

/** How a host starts the program that is running now. */
export function ownStartCommand(sandbox: boolean): StartCommand {
  const { args, ...start } = startCommand({
    main: join(import.meta.dirname, 'main.js'),
    execPath: process.execPath,
    PATH: process.env.PATH,
    isElectron: process.versions.electron !== undefined,
  });
  return { ...start, args: [...args, ...(sandbox ? ['--sandbox'] : [])] };
}

/** How to start this program again, even after its package runner or shell is gone. */
export function startCommand(running: Running): StartCommand {
  if (RUNNER_CACHE.test(running.main)) return { command: 'npx', absoluteCommand: 'npx', args: ['-y', NAME] };
  const node = stableNode(running);
  return { command: node, absoluteCommand: node, args: [running.main] };
}

/**
 * The node to write into a configuration: one in PATH that leads to the running node, as that stays when Homebrew, Nix or
 * mise install a new version, else the running node itself. Plain `node` if both are temporary, and in Electron, where
 * the running program is a helper of that app.
 */
function stableNode({ execPath, PATH = '', isElectron }: Running): string {
  if (isElectron) return 'node';
  const real = realpath(execPath);
  const found = PATH.split(delimiter)
    .filter((dir) => isAbsolute(dir))
    .map((dir) => join(dir, basename(execPath)))
    .concat(execPath)
    .find((path) => !TEMPORARY.test(path) && realpath(path) === real);
  return found ?? 'node';
}

function realpath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
