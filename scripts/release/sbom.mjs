// A tarball's bill of materials in CycloneDX: what npm installs with it, and what is bundled in it, which npm cannot know.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledPackages } from './tarball.mjs';

/**
 * @param {string} tarball
 * @param {string} name the package's name, which npm takes from the folder
 */
export function sbomOf(tarball, name) {
  const scratch = mkdtempSync(join(tmpdir(), 'sbom-'));
  const folder = join(scratch, name);
  try {
    mkdirSync(folder);
    execFileSync('tar', ['-xzf', '-', '--strip-components=1'], { cwd: folder, input: readFileSync(tarball) });
    copyFileSync('package-lock.json', join(folder, 'package-lock.json'));
    const command = 'npm sbom --silent --sbom-format=cyclonedx --package-lock-only --omit=dev';
    const sbom = JSON.parse(execFileSync(command, { cwd: folder, encoding: 'utf8', shell: true }));
    const bundled = bundledPackages(readFileSync(join(folder, 'dist/LICENCES.txt'), 'utf8')).map(component);
    const root = sbom.metadata.component['bom-ref'];
    sbom.components.push(...bundled);
    sbom.dependencies
      .find((/** @type {{ ref: string }} */ { ref }) => ref === root)
      .dependsOn.push(...bundled.map((each) => each['bom-ref']));
    sbom.dependencies.push(...bundled.map((each) => ({ ref: each['bom-ref'], dependsOn: [] })));
    return sbom;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @param {ReturnType<typeof bundledPackages>[number]} bundled */
const component = ({ name = '', version, licence }) => ({
  'bom-ref': `${name}@${version}`,
  type: 'library',
  name,
  version,
  scope: 'required',
  purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
  properties: [{ name: 'cdx:npm:package:bundled', value: 'true' }],
  licenses: [{ license: { id: licence } }],
});
