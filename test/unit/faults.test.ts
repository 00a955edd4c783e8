import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fault, SandboxReply } from '../../src/sandbox/faults.ts';
import { startSandbox } from '../../src/sandbox/server.ts';

const URL_PATH = '/v1/models/openai/gpt-image-2/text-to-image';
const ID = /"request_id":"[^"]+"/;

async function submitThrough(what: Fault['what']) {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.close());
  sandbox.inject({ on: 'submit', what });
  const { status, body } = await fetch(sandbox.origin + URL_PATH, {
    method: 'POST',
    headers: { authorization: 'Bearer key' },
    body: JSON.stringify({ prompt: 'a fox' }),
  });
  let text = '';
  let isWhole = true;
  try {
    for await (const chunk of body ?? []) text += Buffer.from(chunk).toString('utf8');
  } catch {
    isWhole = false;
  }
  return { status, text, isWhole, jobs: sandbox.engine.jobs };
}

describe('a submit of the sandbox', () => {
  it('is done or not, and answered as the fault says', async () => {
    const refused: SandboxReply = { status: 502, body: '<html>' };
    expect(await submitThrough(refused)).toMatchObject({ status: 502, text: '<html>', jobs: [] });
    expect(await submitThrough({ done: true, ...refused })).toMatchObject({
      status: 502,
      text: '<html>',
      jobs: [{ input: { prompt: 'a fox' } }],
    });
  });

  it('keeps its own body under another status', async () => {
    const { status, text, jobs } = await submitThrough({ done: true, status: 503 });
    expect([status, JSON.parse(text).request_id]).toEqual([503, jobs[0]?.id]);
  });

  it('answers with a body made from its own', async () => {
    const body = (own: object) => Buffer.from(`\ufeff${JSON.stringify(own)}`);
    const { status, text, jobs } = await submitThrough({ done: true, body });
    expect([status, text.startsWith(`\ufeff{"request_id":"${jobs[0]?.id}"`)]).toEqual([200, true]);
  });

  it('breaks off right behind the id', async () => {
    const { text, isWhole, jobs } = await submitThrough({ cutAfter: ID });
    expect([text, isWhole]).toEqual([`{"request_id":"${jobs[0]?.id}"`, false]);
  });

  it('promises more bytes than it has', async () => {
    const headers = { 'content-length': '1000', connection: 'close' };
    const { text, isWhole, jobs } = await submitThrough({ done: true, headers });
    expect([JSON.parse(text).request_id, isWhole]).toEqual([jobs[0]?.id, false]);
  });
});

it('an output of the sandbox is answered as the fault says, and then as it is', async () => {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.close());
  const job = sandbox.engine.submit('openai/gpt-image-2/text-to-image', { prompt: 'a fox' });
  sandbox.engine.finish(job);
  sandbox.inject({ on: 'output', what: { status: 404, body: '' } });
  const read = async () => (await fetch(`${sandbox.origin}/outputs/${job.id}/image.png`)).status;
  expect([await read(), await read()]).toEqual([404, 200]);
});
