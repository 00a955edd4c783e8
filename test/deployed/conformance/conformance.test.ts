import { expect, it } from 'vitest';
import { freePort } from '../../support/port.ts';
import { deploy } from '../support/server.ts';
import { type Expected, SCENARIOS } from './scenarios.ts';
import { listScenarios, runScenario, type Scenario } from './suite.ts';

// Each is a process of its own.
const AT_A_TIME = 3;

/** What a scenario came to, in the terms of the table; what failed stays with its reason. */
async function outcome(url: string, scenario: Scenario, expected: Expected | undefined) {
  const { hasPassed, failed } = await runScenario(url, scenario);
  const isClean = Object.keys(failed).length === 0;
  if (expected === 'passes' || expected === undefined) return hasPassed && isClean ? 'passes' : failed;
  if ('cannot' in expected) return hasPassed && isClean ? 'passes' : expected;
  return { cannotCheck: Object.keys(failed).sort() };
}

/** Where only some checks of a scenario cannot be made, exactly those fail. */
const wanted = (expected: Expected | undefined) =>
  typeof expected === 'object' && 'cannotCheck' in expected
    ? { cannotCheck: Object.keys(expected.cannotCheck).sort() }
    : expected;

it('the server passes the conformance suite of the protocol, in both eras, as far as it applies', async () => {
  const scenarios = await listScenarios();
  expect([...new Set(scenarios.map(({ name }) => name))].sort()).toEqual(Object.keys(SCENARIOS).sort());

  // The suite calls as a page of the server's own origin too, and no page may call that is not allowed to.
  const address = `127.0.0.1:${await freePort()}`;
  const { url } = await deploy(['--allowed-origin', `http://${address}`], { address });
  const found: Record<string, unknown> = {};
  const queue = [...scenarios];
  const runner = async () => {
    for (let next = queue.shift(); next; next = queue.shift())
      found[`${next.name} ${next.revision}`] = await outcome(url, next, SCENARIOS[next.name]);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, runner));

  const table = scenarios.map(({ name, revision }) => [`${name} ${revision}`, wanted(SCENARIOS[name])]);
  expect(found).toEqual(Object.fromEntries(table));
});
