import { describe, expect, it } from 'vitest';
import { CALL } from '../support/calls.ts';
import { eventually, textOf } from '../support/program.ts';
import { CLIENTS, connectHttp, serve } from '../support/service.ts';

const capabilities = { elicitation: { form: {} }, roots: { listChanged: true } };

describe.each(CLIENTS)('a client over HTTP that shows forms and has roots: %s', (kind) => {
  const canBeAsked = kind === 'SDK 2.x, 2026-07-28';

  it(`${canBeAsked ? 'asks its user' : 'cannot be asked, so its agent is told of approve_cost at once'}`, async () => {
    const { url, sandbox, log } = await serve({ confirmAboveUsd: 0.000001 });
    const client = await connectHttp(url, kind, { capabilities });
    let asked = 0;
    if (kind !== 'SDK 1.x')
      client.setRequestHandler('elicitation/create', () => {
        asked += 1;
        return { action: 'accept', content: { approve: true } };
      });
    const first = await client.callTool(CALL);
    if (canBeAsked) expect(textOf(first)).toMatch(/^1 image/);
    else {
      const [, code] = /approve_cost with code "(\w+)"/.exec(textOf(first)) ?? [];
      expect(first.isError).toBe(true);
      expect(sandbox.engine.jobs).toEqual([]);
      await client.callTool({ name: 'approve_cost', arguments: { code } });
      expect(textOf(await client.callTool(CALL))).toMatch(/^1 image/);
    }
    expect(asked).toBe(canBeAsked ? 1 : 0);
    expect(sandbox.engine.jobs).toHaveLength(1);
    await eventually(() => log.filter((line) => /roots|cannot ask/.test(line))).toEqual([]);
  });
});
