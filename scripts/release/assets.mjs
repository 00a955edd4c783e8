// Makes what a release publishes, in build/release: the tarball for npm, the bundle for Claude Desktop (from
// npm run bundle:mcpb), the tarball's SBOM, and SHA256SUMS.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sbomOf } from './sbom.mjs';
import { pack, problemsOf } from './tarball.mjs';

const OUT = 'build/release';
const { name } = JSON.parse(readFileSync('package.json', 'utf8'));

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const tarball = pack(OUT);
const problems = await problemsOf(tarball);
if (problems.length > 0) throw new Error(problems.join('\n'));
copyFileSync(`build/${name}.mcpb`, join(OUT, `${name}.mcpb`));
writeFileSync(
  join(OUT, `${basename(tarball, '.tgz')}.cdx.json`),
  JSON.stringify(sbomOf(tarball, name), null, 2),
);
// As sha256sum --check reads it.
const sums = readdirSync(OUT)
  .sort()
  .map(
    (file) =>
      `${createHash('sha256')
        .update(readFileSync(join(OUT, file)))
        .digest('hex')}  ${file}\n`,
  );
writeFileSync(join(OUT, 'SHA256SUMS'), sums.join(''));
process.stdout.write(sums.join(''));
