import { execFileSync } from 'node:child_process';

/** The spawned-process tests run what users run: the bundle, made anew before the suite. */
export default function build(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
}
