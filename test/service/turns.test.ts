import { expect, it } from 'vitest';
import { READS_AT_ONCE } from '../../src/jobs/polling/turns.ts';
import { eventually } from '../support/program.ts';
import { serveTwo } from '../support/two-tenants.ts';

it('a tenant whose reads all hang does not keep another from its picture', async () => {
  const { red, blue, sandbox } = await serveTwo({ hasOneKey: false, sandboxOptions: { slots: 100 } });
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let hanging = 0;
  sandbox.failAtRandom((route, { authorization = '' }) => {
    if (route !== 'status' || !authorization.endsWith(red.key)) return undefined;
    hanging += 1;
    return { hold: held };
  });
  const [name, more] = ['gpt_image_2_text_to_image', READS_AT_ONCE + 8];
  const calls = Array.from({ length: more }, (_, nth) => red.ask(name, { prompt: `fox ${nth}` }));
  await eventually(() => hanging).toBe(READS_AT_ONCE / 2);
  const { data } = await blue.ask(name, { prompt: 'an owl' });
  expect(data).toMatchObject({ status: 'succeeded' });
  expect(hanging).toBe(READS_AT_ONCE / 2);
  letGo();
  for (const call of calls) expect((await call).data).toMatchObject({ status: 'succeeded' });
});
