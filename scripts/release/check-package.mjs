// Checks a tarball, or what npm would pack now: node scripts/release/check-package.mjs [TARBALL]
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack, problemsOf } from './tarball.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'check-package-'));
try {
  const tarball = process.argv[2] ?? pack(scratch);
  const problems = await problemsOf(tarball);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length > 0 ? 1 : 0;
  if (problems.length === 0) process.stdout.write(`${statSync(tarball).size} bytes, nothing to object to\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
