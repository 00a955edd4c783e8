import { describe, expect, it } from 'vitest';
import { type Operation, serviceError } from '../../src/runcomfy/errors.ts';
import { readReply } from '../../src/runcomfy/replies.ts';

const refusal = (operation: Operation, status: number, body: unknown) =>
  serviceError(operation, readReply({ status, text: JSON.stringify(body) }), (text) => text);

describe('a refusal', () => {
  it('tells the HTTP status and whether a later read may succeed', () => {
    expect(refusal('job', 404, {})).toMatchObject({ code: 'service_error', status: 404, retryable: true });
    expect(refusal('job', 200, { error_code: 500001 })).toMatchObject({ code: 'service_error', status: 200 });
  });

  it.each([
    ['job', 404, { error_code: 404001 }, 'unknown_request'],
    ['job', 200, { error_code: '404001' }, 'unknown_request'],
    ['job', 502, { error_code: 404001 }, 'unknown_request'],
    ['job', 404, { code: 404001 }, 'service_error'],
    ['job', 400, { code: 404001 }, 'service_error'],
    ['job', 404, { error_code: 401001 }, 'service_error'],
    ['job', 403, { error_code: 403001 }, 'key_refused'],
    ['submit', 404, '<html>', 'unknown_model'],
    ['model', 404, {}, 'unknown_model'],
    ['catalogue', 404, {}, 'service_error'],
  ] as const)('of a %s with %i and %j is %s', (operation, status, body, code) => {
    expect(refusal(operation, status, body).code).toBe(code);
  });
});
