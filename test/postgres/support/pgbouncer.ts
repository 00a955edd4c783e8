import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../support/port.ts';
import { ownFolder, USER } from './binaries.ts';
import { watchOver } from './processes.ts';

// Where Debian's package puts it, which is not on everybody's path.
const PROGRAM = '/usr/sbin/pgbouncer';

/** Whether there is a PgBouncer; says so where there is none, and fails where there has to be one. */
export function hasPgBouncer(): boolean {
  if (existsSync(PROGRAM)) return true;
  if (process.env.CI) throw new Error('there is no PgBouncer');
  process.stderr.write('SKIPPED: there is no PgBouncer\n');
  return false;
}

/**
 * Starts PgBouncer in transaction mode in front of the server that a URL names, and returns the URL of the same database
 * through it. Nothing is set that makes it more lenient than it is by itself.
 */
export async function startPgBouncer(target: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const { hostname, port, username, password } = new URL(target);
  const folder = ownFolder();
  const pidFile = join(folder, 'pid');
  const stop = watchOver(pidFile, folder);
  const own = await freePort();
  const settings = [
    '[databases]',
    `* = host=${hostname} port=${port}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${own}`,
    'unix_socket_dir =',
    'pool_mode = transaction',
    'auth_type = plain',
    `auth_file = ${join(folder, 'users')}`,
  ];
  writeFileSync(join(folder, 'users'), `"${username}" "${password}"\n`);
  writeFileSync(join(folder, 'settings'), settings.join('\n'));
  const child = spawn(PROGRAM, [join(folder, 'settings')], { ...USER, stdio: ['ignore', 'ignore', 'pipe'] });
  writeFileSync(pidFile, `${child.pid}`);
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.once('exit', () => reject(new Error(`PgBouncer ended: ${said}`)));
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
      if (said.includes('process up')) resolve();
    });
  });
  const url = new URL(target);
  url.port = `${own}`;
  return { url: url.href, stop };
}
