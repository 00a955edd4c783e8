import { expect, it } from 'vitest';
import { type Loop, runLoop } from './run-loop.ts';

const IMAGE = { name: 'gpt_image_1_5_text_to_image', args: { prompt: 'a fox in snow', quality: 'low' } };

/** That a call above --confirm-above waits for approve_cost in a loop that asks no user, and is then submitted once. */
export function holdApproval(name: string, loop: Loop): void {
  it(`${name}: a call that needs approval is submitted once, after approve_cost`, async () => {
    const submitted: number[] = [];
    const { sandbox, provider, said } = await runLoop(
      loop,
      ({ engine }) => [
        IMAGE,
        ({ text }) => {
          submitted.push(engine.jobs.length);
          const [, code] = /approve_cost with code [\\"]*([\w-]+)/.exec(text) ?? [];
          return { name: 'approve_cost', args: { code } };
        },
        () => {
          submitted.push(engine.jobs.length);
          return IMAGE;
        },
        // A code counts once.
        IMAGE,
      ],
      ['--confirm-above', '0'],
    );
    expect(said).toBe('Done.');
    const [refused, approved, made, again] = provider.results;
    expect(refused?.text).toContain('[not_approved]');
    expect(approved?.text).toContain('Repeat exactly the call that was refused.');
    expect(made?.text).toContain(`/outputs/${sandbox.engine.jobs[0]?.id}/`);
    expect(again?.text).toContain('[not_approved]');
    expect([...submitted, sandbox.engine.jobs.length]).toEqual([0, 0, 1]);
  });
}
