// Writes what package.json says into the files that repeat it: only its version, description and repository.url are edited
// by hand. `npm version` runs this and takes the files into its commit; a test holds them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What is repeated elsewhere.
 * @param {{ name: string, version: string, description: string, license: string, author: string, repository: { url: string } }} manifest
 */
export function factsOf({ name, version, description, license, author, repository }) {
  // The form that npm makes of an address, and the only one that the npm page links.
  const [, owner, repo] =
    /^git\+https:\/\/github\.com\/([\w.-]+)\/([\w.-]+)\.git$/.exec(repository.url) ?? [];
  if (!owner || !repo)
    throw new Error(`repository.url is not git+https://github.com/…/….git: ${repository.url}`);
  const slug = `${owner}/${repo}`;
  return {
    name,
    version,
    description,
    license,
    author,
    slug,
    address: `https://github.com/${slug}`,
    mcpName: `io.github.${slug}`,
  };
}

/** @typedef {ReturnType<typeof factsOf>} Facts */

/** What every plugin manifest says, whatever its host. @param {Facts} facts */
const pluginCopy = ({ name, version, description, license, author, address }) => ({
  name,
  version,
  description,
  license,
  'author.name': author,
  homepage: address,
  repository: address,
});

/**
 * One row per file: its keys (a.b.0.c) and what stands there, or how its text is changed.
 * @type {Record<string, (facts: Facts, text: string) => Record<string, string> | string>}
 */
export const COPIES = {
  'package.json': ({ address, mcpName }) => ({
    homepage: `${address}#readme`,
    'bugs.url': `${address}/issues`,
    mcpName,
  }),
  'plugin.json': pluginCopy,
  '.claude-plugin/plugin.json': pluginCopy,
  '.claude-plugin/marketplace.json': ({ name, description, author, address }) => ({
    name,
    'owner.name': author,
    'metadata.description': description,
    'plugins.0.name': name,
    'plugins.0.description': description,
    'plugins.0.source.url': `${address}.git`,
  }),
  '.codex-plugin/plugin.json': pluginCopy,
  'gemini-extension.json': ({ name, version, description }) => ({ name, version, description }),
  'server.json': ({ name, version, description, address, mcpName }) => ({
    name: mcpName,
    description,
    version,
    websiteUrl: address,
    'repository.url': address,
    'packages.0.identifier': name,
    'packages.0.version': version,
  }),
  'glama.json': ({ slug }, text) =>
    text.replace(/(?<="maintainers": \[").*(?="\])/, () => slug.split('/')[0] ?? ''),
  'docs/hosts.md': ({ slug }, text) =>
    text.replace(/(?<=marketplace add |install https:\/\/github\.com\/)[\w.-]+\/[\w.-]+/g, () => slug),
  Dockerfile: ({ address, mcpName, version }, text) =>
    text
      .replace(/(?<=server\.name=").*(?=")/, () => mcpName)
      .replace(/(?<=image\.source=").*(?=")/, () => address)
      .replace(/(?<=image\.version=").*(?=")/, () => version),
  'src/version.ts': ({ name, version }, text) =>
    text.replace(/(NAME = ').*(?=')/, `$1${name}`).replace(/(VERSION = ').*(?=')/, `$1${version}`),
};

/**
 * A text with the facts in their places.
 * @param {string} file
 * @param {string} text
 * @param {Facts} facts
 */
function withFacts(file, text, facts) {
  const change = COPIES[file]?.(facts, text) ?? {};
  if (typeof change === 'string') return change;
  return Object.entries(change).reduce((done, [path, value]) => setIn(file, done, path, value), text);
}

/**
 * JSON with another string at a path, and its formatting as it was.
 * @param {string} file
 * @param {string} text
 * @param {string} path
 * @param {string} value
 */
export function setIn(file, text, path, value) {
  const keys = path.split('.');
  const at = (/** @type {string} */ json) => keys.reduce((inner, key) => inner?.[key], JSON.parse(json));
  const old = at(text);
  if (old === value) return text;
  if (typeof old !== 'string') throw new Error(`${file} has no text at ${path}`);
  const pair = (/** @type {string} */ to) => `${JSON.stringify(keys.at(-1))}: ${JSON.stringify(to)}`;
  // The same key may hold the same text twice: the one at the path is the one whose change shows there.
  for (let from = text.indexOf(pair(old)); from !== -1; from = text.indexOf(pair(old), from + 1)) {
    const changed = text.slice(0, from) + pair(value) + text.slice(from + pair(old).length);
    if (at(changed) === value) return changed;
  }
  throw new Error(`${file}: ${path} is not written as "key": "value"`);
}

/**
 * Files that do not say what package.json says, with the text that they should have.
 * @param {string} root
 */
export function staleCopies(root) {
  const read = (/** @type {string} */ file) => readFileSync(join(root, file), 'utf8');
  const facts = factsOf(JSON.parse(read('package.json')));
  return Object.keys(COPIES)
    .map((file) => ({ file, is: read(file), text: withFacts(file, read(file), facts) }))
    .filter(({ is, text }) => is !== text);
}

if (process.argv[1] === import.meta.filename) {
  for (const { file, text } of staleCopies('.')) {
    writeFileSync(file, text);
    process.stdout.write(`${file} now says what package.json says\n`);
  }
}
