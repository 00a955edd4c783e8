import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Frame, Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SEVERE: unknown[] = ['serious', 'critical'];

/** Fails with what axe-core finds serious or critical in a page, or in a frame, as it is shown now. */
export async function expectAccessible(page: Page | Frame): Promise<void> {
  // Scripts of the debugger run where the page's own policy lets no other run.
  await page.evaluate(`${AXE};0`);
  const { violations, passes } = (await page.evaluate('axe.run()')) as AxeResults;
  const severe = violations.filter(({ impact }) => SEVERE.includes(impact));
  const found = severe.map(({ id, help, nodes }) => ({
    ...{ id, help },
    nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
  }));
  expect(found).toEqual([]);
  // A blank page has nothing to find either.
  expect(passes.length).toBeGreaterThan(3);
}
