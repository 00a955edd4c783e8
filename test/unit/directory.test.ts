import { execFileSync } from 'node:child_process';
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/log.ts';
import { openDirectory } from '../../src/tenants/directory.ts';
import { newToken, tenantsFile } from '../support/tenants.ts';

async function opened() {
  const written: string[] = [];
  const log = createLog(
    'warn',
    (text) => text,
    (line) => void written.push(line),
  );
  const tenants = tenantsFile({});
  const options = { mode: 'tokens', needsKeys: false, variables: {}, log } as const;
  return { ...tenants, written, open: () => openDirectory({ ...options, file: tenants.file }) };
}

// Windows has neither.
describe.skipIf(process.platform === 'win32')('the tenants file', () => {
  it('that is read while another reading hangs still counts, as it is the newer one', async () => {
    const { open: openNow, file } = await opened();
    const directory = await openNow();
    const [older, newer] = [newToken(), newToken()];
    const text = (token: unknown) => JSON.stringify({ tenants: { acme: { tokens: [token] } } });
    const [pipe, next] = [`${file}.pipe`, `${file}.next`];
    execFileSync('mkfifo', [pipe]);
    renameSync(pipe, file);
    const first = directory.reload();
    const writer = await open(file, 'w');
    writeFileSync(next, text(newer.entry));
    renameSync(next, file);
    const second = directory.reload();
    // Time enough for a reading that does not wait for the other.
    await Promise.race([second, delay(100)]);
    await writer.writeFile(text(older.entry));
    await writer.close();
    await Promise.all([first, second]);
    expect([...directory.current().tokens.keys()]).toEqual([newer.entry.sha256]);
  });

  it.each([
    [0o600, false],
    [0o644, false],
    [0o620, true],
    [0o602, true],
  ])('of mode %o: the log warns of it: %s', async (mode, isTold) => {
    const { open: openNow, file, written } = await opened();
    chmodSync(file, mode);
    await openNow();
    const told = `${file} can be changed by other users of this machine: chmod go-w it`;
    expect(written.filter((line) => line.includes(told))).toHaveLength(isTold ? 1 : 0);
  });
});
