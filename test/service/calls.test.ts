import { describe, expect, it } from 'vitest';
import { CALL } from '../support/calls.ts';
import { textOf } from '../support/program.ts';
import { CLIENTS, connectHttp, serve } from '../support/service.ts';

describe.each(CLIENTS)('over HTTP: %s', (kind) => {
  it('lists the tools, makes a picture, and a second one for the same call after the first answer arrived', async () => {
    const { url, sandbox } = await serve();
    const client = await connectHttp(url, kind);
    expect((await client.listTools()).tools.length).toBeGreaterThan(10);
    const texts = [textOf(await client.callTool(CALL)), textOf(await client.callTool(CALL))];
    for (const text of texts) expect(text).toMatch(/^1 image/);
    expect(sandbox.requests.filter(({ route }) => route === 'submit')).toHaveLength(2);
    expect(texts[0]).not.toBe(texts[1]);
  });
});
