import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import type { Sandbox } from '../../../src/sandbox/server.ts';

const HOST = 'https://playgrounds-storage-public.runcomfy.net';
const ACCOUNT = '4ad3cb5f-1eb8-4a27-9c1d-7be0f3a86512';

/** Links in place of the sandbox's, which are short; of a job's id, and without the extension. */
export const LINKS = {
  /** Of 111 characters. */
  plain: (id: string) => `${HOST}/outputs/20261120/${id}/image`,
  /** Of 188, as in links to RunComfy's outputs that users published: an account's id and a time, compressed. */
  packed: (id: string) => `${HOST}/${packed(ACCOUNT)}/${packed(timeOf(id))}/output/image`,
};

/** A result with other links, and with the same ids in every run, which cost the same tokens. */
export function withLinks(text: string, { origin, engine }: Sandbox, linkOf: (id: string) => string): string {
  return engine.jobs.reduce((said, { id }, index) => {
    const fixed = fixedId(index);
    return said.replaceAll(`${origin}/outputs/${id}/image`, linkOf(fixed)).replaceAll(id, fixed);
  }, text);
}

const hashOf = (text: string) => createHash('sha256').update(text).digest();

const fixedId = (index: number): string =>
  hashOf(String(index))
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5');

const timeOf = (id: string): string =>
  `2026-11-20T12:04:56.${String(hashOf(id).readUInt32BE() % 1e6).padStart(6, '0')}+00:00`;

const packed = (text: string): string => encodeURIComponent(deflateSync(text).toString('base64'));
