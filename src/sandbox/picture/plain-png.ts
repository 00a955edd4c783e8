import { crc32, deflateSync } from 'node:zlib';
import { randomFrom } from './random.ts';

/** A picture of one colour, which the text decides, as a PNG: what can be made without sharp. Sizes in pixels. */
export function plainPng(width: number, height: number, text: string): Buffer {
  const random = randomFrom(text);
  const colour = [0, 1, 2].map(() => random.whole(80, 200));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a channel, RGB.
  header.set([8, 2], 8);
  // A row begins with its filter; 0 is none.
  const row = Buffer.from([0, ...Array.from({ length: width }, () => colour).flat()]);
  const rows = Buffer.concat(Array.from({ length: height }, () => row));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A part of a PNG file: length, name, data, checksum. */
function chunk(name: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
