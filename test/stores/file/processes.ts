import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

let bundle: Promise<string> | undefined;

/** The child as a script that Node runs. */
async function bundled(): Promise<string> {
  const outfile = join(mkdtempSync(join(process.env.TEST_SCRATCH ?? tmpdir(), 'child-')), 'child.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'child.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
  });
  return outfile;
}

/** Processes on the records of a folder, which wait until all of them are ready. */
export async function startChildren(
  count: number,
  args: readonly string[],
): Promise<{ child: ChildProcessWithoutNullStreams; go(): void; ended: Promise<unknown> }[]> {
  bundle ??= bundled();
  const script = await bundle;
  const children = Array.from({ length: count }, () => spawn(process.execPath, [script, ...args]));
  for (const child of children) onTestFinished(() => void child.kill('SIGKILL'));
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  return children.map((child) => ({
    child,
    go: () => void child.stdin.write('go\n'),
    ended: once(child, 'exit'),
  }));
}
