import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/log.ts';
import { createRedactor, quoteUntrusted } from '../../src/runcomfy/sanitize.ts';

describe('quoteUntrusted', () => {
  it('makes one short line of data of any text', () => {
    expect(quoteUntrusted('a\n\t"b"\u0000\u202e c')).toBe("a 'b' c");
    expect(quoteUntrusted(`<html><script>alert(1)</script><h1>502</h1>Bad gateway</html>`)).toBe(
      '502 Bad gateway',
    );
    expect(quoteUntrusted('x'.repeat(1000))).toHaveLength(240);
  });
});

describe('redaction', () => {
  const redact = createRedactor(() => ['key-123456']);

  it('takes out the key and anything that looks like a bearer token', () => {
    expect(redact('a key-123456 b Bearer abcdefgh.ijk')).toBe('a [key] b Bearer [key]');
  });

  it('holds for every line of the log', () => {
    const lines: string[] = [];
    const log = createLog('info', redact, (line) => void lines.push(line));
    log.debug('quiet');
    log.error('key-123456');
    expect(lines).toEqual(['runcomfy-image-mcp error: [key]\n']);
  });
});
