import { execFile } from 'node:child_process';
import { KEY_VARIABLES } from '../../config/config.ts';
import type { Host } from '../hosts/host.ts';
import { Refusal } from './edit.ts';
import { programOf } from './find.ts';

// In ms; Claude Code takes half a second.
const PATIENCE = 60_000;

/** Runs a host's own command, if the host has one that is to be used and its program is here. */
export function ownCommand(host: Host) {
  const path = programOf(host);
  if (!host.own || path === undefined) return undefined;
  const { add, remove } = host.own;
  return {
    addText: (words: readonly string[]) => [host.program, ...add(words)].join(' '),
    removeText: [host.program, ...remove].join(' '),
    add: async (words: readonly string[]) => run(path, add(words)),
    remove: async () => run(path, remove),
  };
}

/** Throws Refusal with what the command said. */
async function run(path: string, args: readonly string[]): Promise<void> {
  // It needs no key, and what it starts gets none.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !KEY_VARIABLES.includes(name)),
  );
  await new Promise<void>((resolve, reject) => {
    const child = execFile(path, [...args], { env, timeout: PATIENCE }, (error, stdout, stderr) => {
      const [said = ''] = (stderr || stdout || String(error?.message)).trim().split('\n').slice(-1);
      if (error)
        reject(new Refusal(`was not changed: ${path} ${args.slice(0, 2).join(' ')} failed: ${said}`));
      else resolve();
    });
    child.stdin?.end();
  });
}
