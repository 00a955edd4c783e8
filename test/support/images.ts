import { randomBytes } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** A picture of one colour, to be encoded. */
export const plain = (width: number, height: number, background = '#c06030'): Sharp =>
  sharp({ create: { width, height, channels: 3, background } });

/** A picture that nothing compresses. */
export const noise = (width: number, height: number): Sharp =>
  sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } });

/** An animation of three frames. */
export async function animation(width: number, height: number): Promise<Sharp> {
  const frames = ['#ff0000', '#00ff00', '#0000ff'].map((colour) =>
    plain(width, height, colour).png().toBuffer(),
  );
  return sharp(await Promise.all(frames), { join: { animated: true } });
}

/** A PNG by hand: its header says what it is told, and its pixels, one bit each, are all zero. */
export function handmadePng(width: number, height: number, rows = height): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(1, 8);
  const pixels = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * rows));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
