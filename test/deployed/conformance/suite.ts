import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { node22, PACKAGES } from '../support/node.ts';
import { runProgram } from '../support/run.ts';

const SUITE = join(PACKAGES, '@modelcontextprotocol/conformance/dist/index.js');
/** The newest revision of each era. */
const REVISIONS = ['2025-11-25', '2026-07-28'] as const;
/** An extension is asked for in the newest one. */
const EXTENSION = 'extension';
// The suite looks at the form of all messages in every scenario, also in those that get nowhere.
const IN_ALL = 'wire-schema-valid';

/** A scenario in one revision of the protocol. */
export interface Scenario {
  name: string;
  revision: string;
}

interface Check {
  id: string;
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  errorMessage?: string;
}

/** What the suite has, in each revision that a scenario is for. */
export async function listScenarios(): Promise<Scenario[]> {
  const { stdout } = await runProgram(node22(), [SUITE, 'list', '--server']);
  return [...stdout.matchAll(/^ +- (\S+) \[(.+)\]$/gm)].flatMap(([, name = '', listed = '']) => {
    const known = listed.split(',');
    const revisions = known.includes(EXTENSION)
      ? REVISIONS.slice(-1)
      : REVISIONS.filter((one) => known.includes(one));
    if (revisions.length === 0) throw new Error(`${name} is for ${listed} only`);
    return revisions.map((revision) => ({ name, revision }));
  });
}

/** What came of a scenario: whether any check of its own passed, and what failed, each with its reason. */
export async function runScenario(url: string, { name, revision }: Scenario) {
  const folder = mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'conformance-'));
  const which = ['--scenario', name, '--spec-version', revision, '--force'];
  const { stdout, stderr } = await runProgram(node22(), [
    SUITE,
    'server',
    '--url',
    url,
    ...which,
    '-o',
    folder,
  ]);
  const [run] = readdirSync(folder);
  const file = join(folder, run ?? '', 'checks.json');
  if (!existsSync(file)) throw new Error(`${name} did not run: ${stdout}${stderr}`);
  const checks = JSON.parse(readFileSync(file, 'utf8')) as Check[];
  const failed = checks.filter(({ status }) => status === 'FAILURE');
  return {
    hasPassed: checks.some(({ id, status }) => id !== IN_ALL && status === 'SUCCESS'),
    failed: Object.fromEntries(failed.map(({ id, errorMessage = '' }) => [id, errorMessage])),
  };
}
