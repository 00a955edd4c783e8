// What npm gets: packed, and looked at before anybody else does.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

// What ships, and nothing else.
const FILES = [
  /^dist\/[\w-]+\.js$/,
  /^dist\/(package\.json|LICENCES\.txt)$/,
  /^docs\/[\w-]+\.(md|png|webp)$/,
  /^(package|plugin|mcp)\.json$/,
  /^(README|CHANGELOG|CONTRIBUTING|SECURITY)\.md$/,
  /^LICENSE$/,
];
// In bytes, packed and unpacked: some 20 % above what they are.
const LIMITS = [1_150_000, 3_000_000];
const SECRETS = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b(?:npm_|gh[opsru]_|github_pat_|glpat-|AKIA)\w{16,}/,
  // With user and password.
  /https?:\/\/[^\s/:@'"`]+:[^\s/:@'"`${}]+@/,
];
const RUN_ON_INSTALL = ['preinstall', 'install', 'postinstall'];
// Between two packages in LICENCES.txt.
const RULE = `\n${'-'.repeat(78)}\n\n`;

/**
 * Packs the working tree into a folder, and returns the tarball's path. npm runs `prepare` before, which builds dist/.
 * @param {string} folder
 * @param {string[]} flags
 */
export function pack(folder, flags = []) {
  // npm is a script that only a shell finds on Windows.
  const command = ['npm pack --json --silent --pack-destination', `"${folder}"`, ...flags].join(' ');
  const json = execFileSync(command, { encoding: 'utf8', shell: true });
  return join(folder, JSON.parse(json)[0].filename);
}

/**
 * What is bundled: name, version, licence and its text.
 * @param {string} licences what LICENCES.txt says
 */
export const bundledPackages = (licences) =>
  licences.split(RULE).flatMap((entry) => {
    // Packages with the same text stand together.
    const [, packages = '', text] = /^((?:\S+ \S+ \(.+\)\n)+)\n([\s\S]*)$/.exec(entry) ?? [];
    return packages.split('\n').flatMap((line) => {
      const [, name, version, licence] = /^(\S+) (\S+) \((.+)\)$/.exec(line) ?? [];
      return name ? { name, version, licence, text: text?.trim() } : [];
    });
  });

/**
 * What is wrong with a tarball, in sentences.
 * @param {string} tarball
 */
export async function problemsOf(tarball) {
  const folder = mkdtempSync(join(tmpdir(), 'tarball-'));
  try {
    // By a relative path and from standard input: Windows' tar takes C: for a host.
    execFileSync('tar', ['-xzf', '-'], { cwd: folder, input: readFileSync(tarball) });
    const root = join(folder, 'package');
    const files = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
    const sizes = [
      statSync(tarball).size,
      files.reduce((sum, file) => sum + statSync(join(root, file)).size, 0),
    ];
    return [
      ...files
        .filter((file) => !FILES.some((form) => form.test(file)))
        .map((file) => `${file} does not belong there`),
      ...sizes.flatMap((size, i) =>
        size > Number(LIMITS[i]) ? [`${size} bytes are more than ${LIMITS[i]}`] : [],
      ),
      ...files.flatMap((file) => contentProblems(file, readFileSync(join(root, file), 'latin1'))),
      ...manifestProblems(root),
      ...(await lint(root)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} file
 * @param {string} text
 */
function contentProblems(file, text) {
  const values = Object.entries(process.env)
    .filter(([name, value = '']) => /KEY|TOKEN|SECRET|PASSWORD/i.test(name) && value.length > 7)
    .map(([, value]) => String(value));
  return [
    ...SECRETS.filter((form) => form.test(text)).map((form) => `${file} holds a secret: ${form}`),
    ...values.filter((value) => text.includes(value)).map(() => `${file} holds a secret of the environment`),
    ...(/sourceMappingURL=/.test(text) ? [`${file} has a source map`] : []),
    ...(text.includes(process.cwd()) ? [`${file} holds the path ${process.cwd()}`] : []),
  ];
}

/** @param {string} root */
function manifestProblems(root) {
  const { dependencies, scripts = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const bundled = bundledPackages(readFileSync(join(root, 'dist/LICENCES.txt'), 'utf8'));
  return [
    ...RUN_ON_INSTALL.filter((name) => name in scripts).map((name) => `${name} would run on every install`),
    ...(dependencies ? ['everything but sharp is bundled: there are dependencies'] : []),
    ...bundled.filter(({ text }) => !text).map(({ name }) => `LICENCES.txt has no text for ${name}`),
  ];
}

/** @param {string} root */
async function lint(root) {
  const { messages, pkg } = await publint({ pkgDir: root, strict: true, pack: false });
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
}
