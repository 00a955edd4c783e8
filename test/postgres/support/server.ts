import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { copyBinaries, ownFolder, USER } from './binaries.ts';
import { signalAll, watchOver } from './processes.ts';

/** A Postgres of one's own, on the loopback address. It goes with the process that started it. */
export interface Postgres {
  /** What it has on the disk. */
  folder: string;
  port: number;
  password: string;
  /** The address of a database, with the password, as `--store` takes it. */
  url(database?: string): string;
  /** Ends it without notice, as a power failure does. */
  crash(): Promise<void>;
  /** Starts it again on the same data and port; resolves when it answers. */
  start(): Promise<void>;
  /** It neither answers nor notices anything until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

// Nothing has to outlive the machine. There is no socket: an address that postgres.js takes cannot name one. Each
// connection maps the shared buffers: with 32 MB the tests took a tenth longer.
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  shared_buffers: '8MB',
  // In its folder, so that nothing of one that is killed stays behind.
  dynamic_shared_memory_type: 'mmap',
};

/** Starts a Postgres, with more settings if given. Takes some 2 s. */
export async function startPostgres(settings: Record<string, string> = {}): Promise<Postgres> {
  const folder = ownFolder();
  const pidFile = join(folder, 'pid');
  const stop = watchOver(pidFile, folder);
  const native = process.env.TEST_POSTGRES_BINARIES ?? join(folder, 'native');
  if (!process.env.TEST_POSTGRES_BINARIES) copyBinaries(native);
  const data = join(folder, 'data');
  const password = randomBytes(12).toString('hex');
  createData(native, data, password);
  const options = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  let child: ChildProcess | undefined;

  const launch = async (port: number) => {
    const started = spawn(join(native, 'bin/postgres'), ['-D', data, '-p', `${port}`, ...options], {
      ...USER,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    writeFileSync(pidFile, `${started.pid}`);
    started.once('exit', () => rmSync(pidFile, { force: true }));
    const said = await readyOrEnded(started);
    child = started;
    return said;
  };
  const start = async (ports: () => number) => {
    let said: string | undefined = '';
    // Another program may have the port, and the processes of one that was killed hold its memory for a moment.
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const port = ports();
      said = await launch(port);
      if (said === undefined) return port;
      await wait(50);
    }
    throw new Error(`Postgres did not start: ${said}`);
  };
  const pid = () => {
    if (!child?.pid) throw new Error('Postgres is not running');
    return child.pid;
  };

  // Below those that are given to outgoing connections: it has to get the same one again after a crash.
  const port = await start(() => randomInt(20_000, 32_000));
  return {
    folder,
    port,
    password,
    url: (database = 'postgres') => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`,
    async crash() {
      const ended = once(child as ChildProcess, 'exit');
      signalAll(pid(), 'SIGKILL');
      await ended;
      child = undefined;
    },
    async start() {
      await start(() => port);
    },
    freeze: () => signalAll(pid(), 'SIGSTOP'),
    thaw: () => signalAll(pid(), 'SIGCONT'),
    stop,
  };
}

function createData(native: string, data: string, password: string): void {
  const file = `${data}.password`;
  writeFileSync(file, password, { mode: 0o644 });
  const options = ['--auth=password', '--username=postgres', '--encoding=UTF8', '--locale=C', '--no-sync'];
  const initdb = [...options, `--pwfile=${file}`, '-D', data];
  execFileSync(join(native, 'bin/initdb'), initdb, {
    ...USER,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  rmSync(file);
}

/** Nothing when it takes connections; what it said if it ended. */
async function readyOrEnded(child: ChildProcess): Promise<string | undefined> {
  let said = '';
  return new Promise((resolve) => {
    child.once('exit', () => resolve(said));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (/ready to accept connections/.test(text)) resolve(undefined);
      said = (said + text).slice(-2_000);
    });
  });
}
