import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/server.ts';
import { startHost } from '../support/host.ts';
import { start } from '../support/process.ts';
import { connect, freshDataDir, KEY } from '../support/program.ts';
import { SHOWS_VIEWS } from '../support/view.ts';

const IMAGE = 'gpt_image_2_text_to_image';
const EDIT = 'google/nano-banana-2/edit';
const MIB = 1 << 20;

describe('arguments that no schema expects', () => {
  const NAMES = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__proto__'];
  const nested = (open: string, close: string, levels: number) =>
    `${open.repeat(levels)}1${close.repeat(levels)}`;

  it('are refused by every tool for what they are, and nothing is submitted', async () => {
    const sandbox = await startSandbox({ key: KEY });
    const host = await startHost({ baseUrl: sandbox.origin, dataDir: freshDataDir() });
    const { tools } = await connect({ clientCapabilities: SHOWS_VIEWS }).then(({ client }) =>
      client.listTools(),
    );
    for (const { name } of tools.filter((tool) => tool.name !== 'peek_image_job')) {
      for (const field of NAMES) {
        for (const value of ['"1"', '{"a":1}']) {
          const { text, isError } = await host.call(name, JSON.parse(`{"${field}":${value}}`));
          // The SDK takes this one out of the arguments themselves.
          if (field === '__proto__') expect(text, `${name} ${field}`).not.toContain('internal_error');
          else
            expect([isError, text], `${name} ${field}`).toEqual([
              true,
              expect.stringContaining(`unknown field "${field}"`),
            ]);
        }
      }
    }
    for (const field of NAMES) {
      const input = JSON.parse(`{"prompt":"a","${field}":"1"}`);
      const { text } = await host.call('run_image_model', { model: EDIT, input });
      expect(text).toContain(`unknown field "${field}"`);
    }
    const wide = Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`k${index}`, 1]));
    expect((await host.call(IMAGE, { prompt: 'a', ...wide })).text).toContain('hold more than 50000 values');
    const some = Object.fromEntries(Object.entries(wide).slice(0, 30_000));
    const { text } = await host.call(IMAGE, { prompt: 'a', ['x'.repeat(MIB)]: 1, ...some });
    expect(text).toContain('and 29991 more; it takes prompt');
    expect(text.length).toBeLessThan(2_000);
    expect(sandbox.requests.filter(({ route }) => route === 'submit')).toEqual([]);
    await sandbox.close();
  });

  it('are refused by every tool where they are nested deep', async () => {
    const sandbox = await startSandbox({ key: KEY });
    const { child } = start(['--base-url', sandbox.origin, '--data-dir', freshDataDir()], {
      RUNCOMFY_API_KEY: KEY,
    });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { tools } = await connect().then(({ client }) => client.listTools());
    for (const { name } of tools) {
      for (const levels of [100, 10_000, 100_000]) {
        for (const deep of [nested('[', ']', levels), nested('{"a":', '}', levels)]) {
          const args = `{"prompt":${deep},"request_id":${deep},"query":${deep},"input":${deep}}`;
          const params = `{"name":"${name}","arguments":${args}}`;
          child.stdin.write(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}\n`);
          const { value } = await answers.next();
          expect(value, `${name} ${levels}`).toContain('the arguments are nested more than 64 levels deep');
        }
      }
    }
    expect(sandbox.requests).toEqual([]);
    await sandbox.close();
  });
});
