import { describe, expect, it } from 'vitest';
import { waitBudget } from '../../src/hosts.ts';
import { toolNames } from '../../src/tools/model-tool.ts';

describe('toolNames', () => {
  it('leave the vendor out unless two would collide', () => {
    const ids = ['openai/gpt-image-2/edit', 'a.b/flux-1.1 Pro/edit', 'c/flux-1.1-pro/edit'];
    expect([...toolNames(ids).values()]).toEqual([
      'gpt_image_2_edit',
      'a_b_flux_1_1_pro_edit',
      'c_flux_1_1_pro_edit',
    ]);
  });
});

describe('waitBudget', () => {
  it.each([
    [undefined, false, 45],
    ['some-client', true, 45],
    ['codex-mcp-client', true, 270],
    ['opencode', false, 45],
    ['opencode', true, Number.POSITIVE_INFINITY],
  ])('%s, progress %s: %d s', (name, progress, seconds) => {
    expect(waitBudget(name, progress)).toBe(seconds);
  });
});
