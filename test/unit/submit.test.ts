import { describe, expect, it } from 'vitest';
import type { ToolError } from '../../src/errors.ts';
import { type Reply, TransportError } from '../../src/runcomfy/http.ts';
import { submitOnce } from '../../src/runcomfy/submit.ts';
import { createJumpingClock } from '../helpers/clock.ts';

const ok: Reply = { status: 200, text: '{"request_id":"r-1"}' };
const unsent = (code: string) => new TransportError(false, { code });
const lost = (code: string) => new TransportError(true, { code });
const reply = (status: number, body: unknown, retryAfter?: number): Reply => ({
  status,
  text: typeof body === 'string' ? body : JSON.stringify(body),
  ...(retryAfter !== undefined && { retryAfter }),
});

/** Submits against scripted answers, the last of which repeats; tells the outcome, the tries and the seconds taken. */
async function run(...script: (Reply | TransportError)[]) {
  const clock = createJumpingClock();
  const began = clock.now();
  let tries = 0;
  const post = async () => {
    const answer = script[Math.min(tries++, script.length - 1)] as Reply | TransportError;
    if (answer instanceof TransportError) throw answer;
    return answer;
  };
  const outcome = await submitOnce(post, {
    clock,
    random: () => 0.5,
    redact: (text) => text,
    host: 'api',
  }).catch((error: ToolError) => `${error.code}, ${error.charged}`);
  return { outcome, tries, seconds: (clock.now() - began) / 1000 };
}

describe('a submit is sent again only where it was certainly not processed', () => {
  it.each([
    ['accepted', [ok], 'r-1', 1],
    ['any 2xx', [reply(202, { request_id: 'r-2' })], 'r-2', 1],
    ['no connection, then accepted', [unsent('ECONNREFUSED'), unsent('ENOTFOUND'), ok], 'r-1', 3],
    ['reset before the headers went out', [unsent('ECONNRESET'), ok], 'r-1', 2],
    ['never a connection', [unsent('UND_ERR_CONNECT_TIMEOUT')], 'unreachable, no', 3],
    ['a certificate that does not fit', [unsent('DEPTH_ZERO_SELF_SIGNED_CERT'), ok], 'unreachable, no', 1],
    ['reset after the headers', [lost('ECONNRESET'), ok], 'submit_unknown, maybe', 1],
    ['no answer in time', [lost('UND_ERR_HEADERS_TIMEOUT'), ok], 'submit_unknown, maybe', 1],
    ['refused by status', [reply(422, {}), ok], 'input_refused, no', 1],
    ['refused by number in a 500', [reply(500, { error_code: 400002 }), ok], 'no_balance, no', 1],
    ['an error inside a 200', [reply(200, { error_code: 400004 }), ok], 'key_refused, no', 1],
    ['an unknown number inside a 200', [reply(200, { error_code: 500001 }), ok], 'submit_unknown, maybe', 1],
    ['408', [reply(408, {}), ok], 'submit_unknown, maybe', 1],
    ['409', [reply(409, {}), ok], 'submit_unknown, maybe', 1],
    ['500', [reply(500, {}), ok], 'submit_unknown, maybe', 1],
    ['502', [reply(502, '<html>'), ok], 'submit_unknown, maybe', 1],
    ['503 alone', [reply(503, {}), ok], 'submit_unknown, maybe', 1],
    [
      "503 with Retry-After, but not the service's",
      [reply(503, '<html>', 1), ok],
      'submit_unknown, maybe',
      1,
    ],
    ['503 with Retry-After and JSON', [reply(503, { message: 'busy' }, 1), ok], 'r-1', 2],
    ['504', [reply(504, {}), ok], 'submit_unknown, maybe', 1],
    ['a redirect', [reply(307, ''), ok], 'submit_unknown, maybe', 1],
    ['a 200 without an id', [reply(200, {}), ok], 'submit_unknown, maybe', 1],
    ['a cut 200', [reply(200, '{"request_id":"r'), ok], 'submit_unknown, maybe', 1],
    ['an id that cannot be used', [reply(200, { request_id: '../x' }), ok], 'submit_unknown, maybe', 1],
    ['429 with Retry-After', [reply(429, {}, 7), ok], 'r-1', 2],
    ['429 for ever', [reply(429, {}, 7)], 'rate_limited, no', 3],
    ['429 with too long a wait', [reply(429, {}, 31), ok], 'rate_limited, no', 1],
  ])('%s', async (_, script, outcome, tries) => {
    const seen = await run(...script);
    expect([seen.outcome, seen.tries]).toEqual([outcome, tries]);
    expect(seen.seconds).toBeLessThanOrEqual(30);
  });

  it('waits as long as it is told to', async () => {
    expect((await run(reply(429, {}, 7), ok)).seconds).toBe(7);
  });
});
