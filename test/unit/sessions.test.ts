import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSessions } from '../../src/mcp/transports/http/session.ts';

const sessions = createSessions([randomBytes(32)]);
const CLIENT = { name: 'codex-mcp-client', showsViews: true };

describe('a session id', () => {
  it('says who the client is, and never the same twice', () => {
    const [one, other] = [sessions.create('a', CLIENT), sessions.create('a', CLIENT)];
    expect(sessions.read(one, 'a')).toMatchObject(CLIENT);
    expect(sessions.read(one, 'a')?.nonce).not.toBe(sessions.read(other, 'a')?.nonce);
  });

  it('is unknown to another tenant, of whom it tells nothing', () => {
    const id = sessions.create('tenant-a', CLIENT);
    expect(sessions.read(id, 'tenant-b')).toBeUndefined();
    expect(Buffer.from(id, 'base64url').toString()).not.toContain('tenant-a');
    // Neither may a name move from the tenant to the rest.
    expect(sessions.read(sessions.create('a', { ...CLIENT, name: 'b' }), 'a"b')).toBeUndefined();
  });

  it.each([
    ['in any script', '狐'.repeat(1_000)],
    ['of halves of characters', '\ud800'.repeat(1_000)],
    ['of what JSON escapes', '\u0000"\\'.repeat(1_000)],
    ['that is empty', ''],
    ['that is absent', undefined],
  ])(
    'is visible ASCII of at most 1,024 characters, and can be read, for a client with a name %s',
    (_, name) => {
      const id = sessions.create('t'.repeat(10_000), { name, showsViews: false });
      expect(id).toMatch(/^[\x21-\x7e]{1,1024}$/);
      expect(sessions.read(id, 't'.repeat(10_000))?.name).toBe(name?.slice(0, 64));
    },
  );

  it.each([undefined, '', '.', 'a', 'a.b', '.'.repeat(2_000), 'ä.ö', ['a']])('is none: %j', (id) => {
    expect(sessions.read(id, 'a')).toBeUndefined();
  });
});
