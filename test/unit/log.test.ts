import { describe, expect, it } from 'vitest';
import { createLog, type LogFormat, lineOf, withFields } from '../../src/log.ts';
import { createRedactor } from '../../src/runcomfy/sanitize.ts';

const HOSTILE = 'a\r\nb\u001b[31mc\u0085d\u2028e\u202ef"}\\';
// Nothing that ends a line for any reader, or that a terminal obeys.
const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const clock = { now: () => Date.parse('2026-11-22T08:00:00.5Z'), sleep: async () => {} };

function logIn(format: LogFormat, secrets: readonly string[] = []) {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  return {
    lines,
    log: createLog(
      'info',
      createRedactor(() => secrets),
      write,
      lineOf(format, clock),
    ),
  };
}

describe('a line of the log', () => {
  it('is text with the fields behind it, quoted where they are more than a word', () => {
    const { lines, log } = logIn('text');
    log.warn('a message');
    log.info('tool call', { tool: 'get_balance', client: 'a "client"', ms: 5, ok: true, none: undefined });
    expect(lines).toEqual([
      'runcomfy-image-mcp warn: a message\n',
      'runcomfy-image-mcp info: tool call tool=get_balance client="a \\"client\\"" ms=5 ok=true\n',
    ]);
  });

  it('is a JSON object with the time by the given clock', () => {
    const { lines, log } = logIn('json');
    log.info('tool call', { ms: 5, resumed: true, none: undefined });
    expect(lines).toEqual([
      '{"time":"2026-11-22T08:00:00.500Z","level":"info","message":"tool call","ms":5,"resumed":true}\n',
    ]);
  });

  it.each(['text', 'json'] as const)('stays one line, whatever stands in it: %s', (format) => {
    const { lines, log } = logIn(format);
    log.info(HOSTILE, { client: HOSTILE });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith('\n')).toBe(true);
    expect(lines[0]?.slice(0, -1)).not.toMatch(INVISIBLE);
  });

  it('tells in JSON what was said, whatever it is', () => {
    const { lines, log } = logIn('json');
    log.info(HOSTILE, { client: HOSTILE });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ message: HOSTILE, client: HOSTILE });
  });

  it.each(['text', 'json'] as const)('holds no key, and of a value its beginning: %s', (format) => {
    const [key, other] = ['key-0123456789', 'other-"9876543210'];
    const { lines, log } = logIn(format, [key, other]);
    const named = withFields(log, { tenant: 'acme' });
    named.info(`${key} ${other}`, { client: `${'x'.repeat(120)}${key}${other}${'y'.repeat(1_000_000)}` });
    named.error('of another', { client: `${'x'.repeat(120)}${other}` });
    const text = lines.join('');
    expect(text).toContain('acme');
    expect(text).not.toMatch(/key-|other-/);
    for (const line of lines) expect(line.length).toBeLessThan(300);
  });
});
