import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { firstPicture, install, npm, oddFolder, started } from '../support/package.ts';
import { TOOL_COUNT } from '../support/tools.ts';

/** The Node that runs, the oldest that is supported, and the newest of each line, as npm has them. */
const OLDEST = /\d[\d.]+/.exec(packageJson.engines.node)?.[0] ?? '';
const NODES = [undefined, OLDEST, '20', '22', '24'];

/** A Node from npm's package of that name, whose script brings the binary. */
function nodeFromNpm(version: string): string {
  const folder = mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'node-'));
  npm(folder, ['install', `node@${version}`, '--prefix', folder]);
  return join(folder, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

describe.each(NODES)('on Node %s from npm (undefined: the one that runs)', (version) => {
  const node = version === undefined ? process.execPath : nodeFromNpm(version);

  it.each([
    ['with sharp', []],
    ['without sharp', ['--omit=optional']],
  ])('the installed package makes a first picture, %s', async (_, flags) => {
    const folder = oddFolder();
    const { bin, said } = install(folder, ...flags);
    expect(said).not.toMatch(/npm info run .*(?:build|esbuild)/);
    const command = started(folder, bin, node);
    const { tools, result } = await firstPicture(command);
    expect(tools).toHaveLength(TOOL_COUNT);
    expect(result.structuredContent).toMatchObject({ status: 'succeeded' });
    const types = (result.content as { type: string }[]).map(({ type }) => type);
    expect(types.includes('image')).toBe(flags.length === 0);

    const number = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
    expect(number.startsWith(version ?? '')).toBe(true);
    const { stdout } = spawnSync(command.command, [...command.args, 'doctor'], {
      ...command,
      encoding: 'utf8',
    });
    expect(stdout).toContain(`, Node ${number}, `);
  });
});
