import { describe, expect, it } from 'vitest';
import type { ToolError } from '../../src/errors.ts';
import { type HttpResponse, TransportError } from '../../src/runcomfy/http.ts';
import { findRequestId } from '../../src/runcomfy/request-id.ts';
import { createSubmit } from '../../src/runcomfy/submit.ts';
import { createJumpingClock } from '../support/clock.ts';

const ok: HttpResponse = { status: 200, text: '{"request_id":"r-1"}' };
const id = { request_id: 'r-1' };
const KEY = 'a-key';
const unsent = (code: string) => new TransportError(false, { code });
const lost = (code: string) => new TransportError(true, { code });
const reply = (status: number, body: unknown, retryAfter?: number): HttpResponse => ({
  status,
  text: typeof body === 'string' ? body : JSON.stringify(body),
  ...(retryAfter !== undefined && { retryAfter }),
});

const words = ({ code, charged }: ToolError) => `${code}, ${charged}`;

/** Submits against scripted answers, the last of which repeats; tells the outcome, the tries and the seconds taken. */
async function run(...script: (HttpResponse | TransportError)[]) {
  const clock = createJumpingClock();
  const began = clock.now();
  let tries = 0;
  const post = async () => {
    const answer = script[Math.min(tries++, script.length - 1)] as HttpResponse | TransportError;
    if (answer instanceof TransportError) throw answer;
    return answer;
  };
  const redact = (text: string) => text.replaceAll(KEY, '[key]');
  const submit = createSubmit(() => new URL('https://api'), post, { clock, random: () => 0.5, redact });
  const outcome = await submit('a/b', {}).then(
    ({ requestId, unproven }) => (unproven ? `${requestId}, else ${words(unproven)}` : requestId),
    words,
  );
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
    ['a number in a 500', [reply(500, { error_code: 400002 }), ok], 'submit_unknown, maybe', 1],
    ['a number in a 408', [reply(408, { error_code: 400002 }), ok], 'submit_unknown, maybe', 1],
    ['a number in a 429', [reply(429, { error_code: 400002 }), ok], 'no_balance, no', 1],
    ['an error inside a 200', [reply(200, { error_code: 400004 }), ok], 'key_refused, no', 1],
    ['an unknown number inside a 200', [reply(200, { error_code: 500001 }), ok], 'submit_unknown, maybe', 1],
    ['408', [reply(408, {}), ok], 'submit_unknown, maybe', 1],
    ['409', [reply(409, {}), ok], 'submit_unknown, maybe', 1],
    ['425', [reply(425, {}), ok], 'submit_unknown, maybe', 1],
    ['500', [reply(500, {}), ok], 'submit_unknown, maybe', 1],
    ['502', [reply(502, '<html>'), ok], 'submit_unknown, maybe', 1],
    ['503 alone', [reply(503, {}), ok], 'submit_unknown, maybe', 1],
    ['503 with a page', [reply(503, '<html>', 1), ok], 'submit_unknown, maybe', 1],
    ['503 with JSON', [reply(503, { message: 'busy' }, 1), ok], 'submit_unknown, maybe', 1],
    ["503 with a gateway's code", [reply(503, { code: 503001 }, 1), ok], 'submit_unknown, maybe', 1],
    ["503 with RunComfy's number", [reply(503, { error_code: 503001 }, 1), ok], 'r-1', 2],
    ['503 with it, and no Retry-After', [reply(503, { error_code: 503001 }), ok], 'submit_unknown, maybe', 1],
    ['504', [reply(504, {}), ok], 'submit_unknown, maybe', 1],
    ['a redirect', [reply(307, ''), ok], 'submit_unknown, maybe', 1],
    ['a 200 without an id', [reply(200, {}), ok], 'submit_unknown, maybe', 1],
    ['a 502 with an id', [reply(502, id), ok], 'r-1, else submit_unknown, maybe', 1],
    ['a 429 with an id', [reply(429, id, 1), ok], 'r-1, else rate_limited, no', 1],
    [
      'a 429 with an id and a number',
      [reply(429, { ...id, error_code: 400002 }), ok],
      'r-1, else no_balance, no',
      1,
    ],
    ['a 400 with an id', [reply(400, id), ok], 'r-1, else input_refused, no', 1],
    ['a 400 with an id and a number', [reply(400, { ...id, error_code: 400002 }), ok], 'no_balance, no', 1],
    ['a 200 with an id and a number', [reply(200, { ...id, error_code: 400002 }), ok], 'no_balance, no', 1],
    ['a 200 with an id and any number', [reply(200, { ...id, error_code: 500001 }), ok], 'r-1', 1],
    ['a 200 that breaks off behind it', [{ ...ok, brokenBy: 'X' }, ok], 'r-1, else submit_unknown, maybe', 1],
    [
      'a 200 that is cut behind it',
      [reply(200, '{"request_id":"r-1",'), ok],
      'r-1, else submit_unknown, maybe',
      1,
    ],
    ['a 429 that breaks off', [{ ...reply(429, {}, 1), brokenBy: 'X' }, ok], 'submit_unknown, maybe', 1],
    ['a cut 200', [reply(200, '{"request_id":"r'), ok], 'submit_unknown, maybe', 1],
    ['an id that is the key', [reply(200, { request_id: KEY }), ok], 'submit_unknown, maybe', 1],
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

describe('the id in a body that is no JSON', () => {
  it.each([
    ['cut behind it', '{"request_id":"r-1"', 'r-1'],
    ['cut later', '{"a":{"b":[1,{"c":"}"}]},"request_id" : "r-1","status_url":"htt', 'r-1'],
    ['with escapes', String.raw`{"a\\\"":"\\","request\u005fid":"r-\u0031",`, 'r-1'],
    ['with something behind it', '{"request_id":"r-1"}garbage', 'r-1'],
    ['cut within it', '{"request_id":"r-', undefined],
    ['without a colon', '{"request_id" "r-1"', undefined],
    ['as a value', '{"a":"request_id","b":"r-1"', undefined],
    ['deeper', '{"a":{"request_id":"r-1"},', undefined],
    ['in a list', '[{"request_id":"r-1"},', undefined],
    ['in a list itself', '["request_id":"r-1"', undefined],
    ['behind a brace', '}"request_id":"r-1"', undefined],
    ['behind an object', '{} {"request_id":"r-1"', undefined],
    ['behind something', 'x{"request_id":"r-1"', undefined],
    ['as a number', '{"request_id":7,"a":"r-1"', undefined],
    ['with a broken escape', String.raw`{"request_id":"\x"`, undefined],
    ['beyond what is read', `{"a":"${'x'.repeat(1 << 20)}","request_id":"r-1"`, undefined],
    ['nothing', '', undefined],
  ])('%s', (_, text, found) => {
    expect(findRequestId(text)).toBe(found);
  });
});
