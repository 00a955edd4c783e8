import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/built-in/index.ts';
import { createTools } from '../../src/tools/index.ts';
import { toolNames } from '../../src/tools/support/tool-names.ts';
import { LOCAL_SERVICES } from '../support/surface.ts';

describe('toolNames', () => {
  it('leave the vendor out unless two would collide', () => {
    const ids = ['openai/gpt-image-2/edit', 'a.b/flux-1.1 Pro/edit', 'c/flux-1.1-pro/edit'];
    expect([...toolNames(ids, []).values()]).toEqual([
      'gpt_image_2_edit',
      'a_b_flux_1_1_pro_edit',
      'c_flux_1_1_pro_edit',
    ]);
  });

  it('give no model the name of another tool', () => {
    const [model] = MODELS;
    if (!model) throw new Error('no model');
    const names = createTools(LOCAL_SERVICES, [{ ...model, id: 'x/get-image-job' }]).map(({ name }) => name);
    expect(names).toContain('x_get_image_job');
    expect(new Set(names).size).toBe(names.length);
  });
});
