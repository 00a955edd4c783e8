import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { healthcheck } from '../../src/cli/healthcheck.ts';
import { parseConfig } from '../../src/config/config.ts';
import { serve } from '../support/service.ts';

/** What the check says of a server that was started so: its arguments, then what the container runs before it. */
async function check(
  args: readonly string[],
  { first = ['node', 'dist/main.js'], own = [] as string[] } = {},
) {
  const file = join(mkdtempSync(join(process.env.TEST_SCRATCH ?? tmpdir(), 'proc-')), 'cmdline');
  writeFileSync(file, [...first, ...args].map((word) => `${word}\0`).join(''));
  const said: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    const spy = vi.spyOn(stream, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    onTestFinished(() => spy.mockRestore());
  }
  const platform = { dataDir: '/', homeDir: '/', workingDir: () => '/' };
  const parsed = parseConfig(['healthcheck', ...own], {}, platform);
  if (parsed.kind !== 'config') throw new Error('no config');
  return { code: await healthcheck(parsed.config, file, 500), said: said.join('') };
}

describe('the health check of a container', () => {
  it('asks the server where the arguments of the container let it listen', async () => {
    const address = new URL((await serve()).url).host;
    const lives = { code: 0, said: `http://${address}/healthz answers 200\n` };
    expect(await check(['--http', address])).toEqual(lives);
    expect(
      await check(['serve', `--http=${address}`], {
        first: ['/sbin/docker-init', '--', 'node', 'dist/main.js'],
      }),
    ).toEqual(lives);
    expect(await check([], { own: ['--http', address] })).toEqual(lives);
    const everywhere = ['--http', `0.0.0.0:${new URL(`http://${address}`).port}`];
    const public_ = [...everywhere, '--auth', 'tokens:/t', '--allowed-host', 'x.example'];
    expect((await check(public_)).code).toBe(0);
  });

  it('fails where nobody listens, and where a server does not answer', async () => {
    const frozen = createServer((socket) => void socket.resume()).listen(0, '127.0.0.1');
    await once(frozen, 'listening');
    const { port } = frozen.address() as AddressInfo;
    expect(await check(['--http', `${port}`])).toMatchObject({ code: 1 });
    await new Promise((closed) => frozen.close(closed));
    expect(await check(['--http', `${port}`])).toMatchObject({ code: 1 });
  });

  it('finds nothing to ask over stdio, and beside other programs', async () => {
    const nothing = { code: 0, said: 'nothing is served over HTTP\n' };
    expect(await check(['--sandbox'])).toEqual(nothing);
    expect(await check([], { first: ['/sbin/init'] })).toEqual(nothing);
  });
});
