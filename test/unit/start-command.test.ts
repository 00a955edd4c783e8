import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startCommand } from '../../src/cli/snippets/start-command.ts';
import { freshDataDir } from '../support/program.ts';

const MAIN = '/somewhere/runcomfy-image-mcp/dist/main.js';

/** A machine with one node, and links to it. */
function machine({ node, links = [] }: { node: string; links?: string[] }) {
  const root = freshDataDir();
  const execPath = join(root, node);
  mkdirSync(dirname(execPath), { recursive: true });
  writeFileSync(execPath, '');
  for (const link of links) {
    mkdirSync(dirname(join(root, link)), { recursive: true });
    symlinkSync(execPath, join(root, link));
  }
  const run = (PATH: string[], isElectron = false) => {
    const found = startCommand({
      main: MAIN,
      execPath,
      PATH: PATH.map((dir) => join(root, dir)).join(delimiter),
      isElectron,
    });
    expect(found.absoluteCommand).toBe(found.command);
    expect(found.args).toEqual([MAIN]);
    return found.command.replace(`${root}/`, '');
  };
  return { run, execPath };
}

describe('the node that a configuration names', () => {
  it('is a link from PATH that stays when the version behind it changes', () => {
    const brew = machine({ node: 'Cellar/node/22.1.0/bin/node', links: ['opt/bin/node'] });
    expect(brew.run(['usr/bin', 'opt/bin'])).toBe('opt/bin/node');
  });

  it('is the running one where PATH leads to another or to none', () => {
    const nvm = machine({ node: '.nvm/versions/node/v20/bin/node' });
    const other = join(dirname(nvm.execPath), '../../other/node');
    mkdirSync(dirname(other), { recursive: true });
    writeFileSync(other, '');
    expect(nvm.run(['usr/bin', '.nvm/versions/node/other'])).toBe('.nvm/versions/node/v20/bin/node');
    expect(nvm.run([])).toBe('.nvm/versions/node/v20/bin/node');
  });

  it("is not fnm's link for one shell, nor one that a package brought for this run", () => {
    const links = ['run/fnm_multishells/12_34/bin/node', 'work/node_modules/.bin/node', '.npm/_npx/1/node'];
    const fnm = machine({ node: 'fnm/node-versions/v20/bin/node', links });
    expect(fnm.run(links.map(dirname))).toBe('fnm/node-versions/v20/bin/node');
    const passing = machine({ node: '.npm/_npx/1/node_modules/node/bin/node' });
    expect(passing.run(['.npm/_npx/1/node_modules/node/bin'])).toBe('node');
  });

  it("is never an Electron app's helper", () => {
    const claude = machine({ node: 'Claude.app/Contents/Frameworks/Claude Helper' });
    expect(claude.run(['Claude.app/Contents/Frameworks'], true)).toBe('node');
  });

  it('is no path from a relative folder in PATH', () => {
    const { execPath } = machine({ node: 'bin/node' });
    const found = startCommand({
      main: MAIN,
      execPath,
      PATH: relative('', dirname(execPath)),
      isElectron: false,
    });
    expect(found.command).toBe(execPath);
  });
});

describe('a package that a runner keeps in its cache', () => {
  it.each([
    '/home/me/.npm/_npx/0123/node_modules/runcomfy-image-mcp/dist/main.js',
    'C:\\Users\\me\\AppData\\Local\\npm-cache\\_npx\\0123\\node_modules\\runcomfy-image-mcp\\dist\\main.js',
    '/home/me/.cache/pnpm/dlx/0123/18f/node_modules/runcomfy-image-mcp/dist/main.js',
    '/tmp/xfs-0123/dlx-45/node_modules/runcomfy-image-mcp/dist/main.js',
    '/tmp/bunx-0-runcomfy-image-mcp@latest/node_modules/runcomfy-image-mcp/dist/main.js',
  ])('is named, not its path: %s', (main) => {
    expect(startCommand({ main, execPath: '/usr/bin/node', PATH: '/usr/bin', isElectron: false })).toEqual({
      command: 'npx',
      absoluteCommand: 'npx',
      args: ['-y', 'runcomfy-image-mcp'],
    });
  });
});
