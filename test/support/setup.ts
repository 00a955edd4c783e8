import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Before the tests of a project: a scratch directory for all of them, which goes with the run. */
export default function setup(): (() => void) | undefined {
  if (process.env.TEST_SCRATCH) return undefined;
  const scratch = mkdtempSync(join(tmpdir(), 'runcomfy-image-test-'));
  process.env.TEST_SCRATCH = scratch;
  return () => rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
