import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../support/process.ts';
import { freshDataDir } from '../support/program.ts';

describe('a server over HTTP that cannot start', () => {
  it('names every problem at once', async () => {
    const argv = ['--sandbox', '--http', '0.0.0.0:0', '--allowed-origin', '*', '--allowed-host', 'a:1'];
    const { code, stderr } = await run(argv);
    expect(code).toBe(2);
    expect(stderr.split('\n').slice(0, 3)).toEqual([
      expect.stringContaining('--allowed-host holds "a:1"'),
      expect.stringContaining('it needs --auth and --allowed-host'),
      expect.stringContaining('--allowed-origin holds "*"'),
    ]);
  });

  it('says in a line that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const given = ['--sandbox', '--data-dir', freshDataDir()];
    expect(await run([...given, '--http', `127.0.0.1:${port}`])).toMatchObject({
      code: 1,
      stderr: `runcomfy-image-mcp: cannot listen at 127.0.0.1:${port}: another program listens there (EADDRINUSE)\n`,
    });
  });
});
