import { describe, expect, it } from 'vitest';
import { toolNames } from '../../src/tools/support/tool-names.ts';

describe('toolNames', () => {
  it('leave the vendor out unless two would collide', () => {
    const ids = ['openai/gpt-image-2/edit', 'a.b/flux-1.1 Pro/edit', 'c/flux-1.1-pro/edit'];
    expect([...toolNames(ids, []).values()]).toEqual([
      'gpt_image_2_edit',
      'a_b_flux_1_1_pro_edit',
      'c_flux_1_1_pro_edit',
    ]);
  });
});
