import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Account } from '../account.ts';
import type { Clock } from '../clock.ts';
import type { Kept } from '../images/library/library.ts';
import type { LinkTo } from '../images/library/picture-link.ts';
import { extensionOf, mimeOfExtension } from '../images/media-type.ts';
import { accountDigest } from '../stores/file/names.ts';

export const PICTURES = '/pictures/';

/** In ms. Long enough for a day's work, and an agent can have a new one by get_image_job. */
export const LINK_LIFE = 24 * 3_600_000;

// In bytes: when it ends, in seconds; the hash of the picture; the signature. Between them the account's digest.
const [TIME, HASH, SIGNATURE] = [5, 32, 16];
const LINK = /^\/pictures\/([\w-]{76}|[\w-]{92})\.([a-z0-9]{1,5})$/;

/** The picture that a link is for. */
export interface LinkedPicture {
  /** The digest of the account that keeps it. */
  digest: string;
  kept: Kept;
  /** In ms since the epoch. */
  expires: number;
}

/** Makes links to kept pictures, signed with the first of the keys, and reads those that any of them signed. */
export function createPictureLinks({ keys, clock }: { keys: readonly Buffer[]; clock: Clock }) {
  // All parts but the last have a fixed length.
  const sign = (key: Buffer, payload: Buffer, extension: string) =>
    createHmac('sha256', key).update(payload).update(extension).digest().subarray(0, SIGNATURE);

  return {
    /** Makes what links to the pictures of an account, at an origin. */
    linkTo(account: Account, origin: string): LinkTo {
      const digest = Buffer.from(accountDigest(account), 'hex');
      return ({ sha256, type }) => {
        const seconds = Math.floor((clock.now() + LINK_LIFE) / 1000);
        const time = Buffer.alloc(TIME);
        time.writeUIntBE(seconds, 0, TIME);
        const payload = Buffer.concat([time, Buffer.from(sha256, 'hex'), digest]);
        const extension = extensionOf(type);
        const signed = Buffer.concat([payload, sign(keys[0] as Buffer, payload, extension)]);
        const url = `${origin}${PICTURES}${signed.toString('base64url')}.${extension}`;
        return { url, expires: seconds * 1000 };
      };
    },
    /** What a path links to; undefined if it was not signed here, or has ended. */
    read(path: string): LinkedPicture | undefined {
      const [, text = '', extension = ''] = LINK.exec(path) ?? [];
      const type = mimeOfExtension(extension);
      if (type === undefined) return undefined;
      const signed = Buffer.from(text, 'base64url');
      const payload = signed.subarray(0, -SIGNATURE);
      const given = signed.subarray(-SIGNATURE);
      if (!keys.some((key) => timingSafeEqual(sign(key, payload, extension), given))) return undefined;
      const expires = payload.readUIntBE(0, TIME) * 1000;
      if (clock.now() >= expires) return undefined;
      const sha256 = payload.toString('hex', TIME, TIME + HASH);
      return { digest: payload.toString('hex', TIME + HASH), kept: { sha256, type }, expires };
    },
  };
}
