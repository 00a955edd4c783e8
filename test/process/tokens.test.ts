import { expect, it } from 'vitest';
import { run, start } from '../support/process.ts';
import { freshDataDir } from '../support/program.ts';
import { post, sha256, tenantsFile } from '../support/tenants.ts';

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

it('a token is printed once, opens a server that reads its file anew, and is kept nowhere', async () => {
  const { code, stdout, stderr } = await run(['token', 'new', 'acme']);
  expect(code).toBe(0);
  const [, token = ''] = /^(rcimg_[0-9a-f]{64})\n$/.exec(stdout) ?? [];
  const entry = JSON.parse(stderr.split('\n').find((line) => line.startsWith('{')) ?? '');
  expect(entry).toEqual({
    name: 'token',
    sha256: sha256(token),
    scopes: ['images:read', 'images:generate'],
  });
  expect(stderr).not.toContain(token);

  const { file, change } = tenantsFile({ acme: {} });
  const dataDir = freshDataDir();
  const args = ['--http', '127.0.0.1:0', '--sandbox', '--auth', `tokens:${file}`, '--data-dir', dataDir];
  const { child } = start(args);
  let said = '';
  const says = (what: RegExp) =>
    new Promise<string>((resolve) => {
      const look = (text: unknown) => {
        said += text;
        const [found] = what.exec(said) ?? [];
        if (found) resolve(found);
      };
      look('');
      child.stderr.on('data', look);
    });
  const url = await says(/http:\S+/);
  expect((await post(url, LIST, token)).status).toBe(401);
  change({ acme: { tokens: [entry] } });
  child.kill('SIGHUP');
  await says(/read the tenants anew/);
  expect((await post(url, LIST, token)).status).toBe(200);
  expect(said).not.toContain(token);
});

it('a server whose tenants file cannot be used does not start', async () => {
  const { file, write } = tenantsFile({});
  write('{"tenants": {"acme": {"key": "secret-0123456789"}}}');
  const { code, stderr } = await run(['--http', '127.0.0.1:0', '--auth', `tokens:${file}`]);
  expect(code).toBe(2);
  expect(stderr).toBe(`runcomfy-image-mcp: ${file} cannot be used: tenants.acme.key: unknown field\n`);
});
