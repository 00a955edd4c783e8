import { execFileSync } from 'node:child_process';

/** Before tests that spawn the server: they run what users run, so the bundle is made anew. */
export default function build(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
}
