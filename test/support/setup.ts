import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Before the suite: the spawned-process tests run what users run, so the bundle is made anew; and all tests get
 * one scratch directory, which goes with the suite.
 */
export default function setup(): () => void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  const scratch = mkdtempSync(join(tmpdir(), 'runcomfy-image-test-'));
  process.env.TEST_SCRATCH = scratch;
  return () => rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
