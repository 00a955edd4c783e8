import { crc32, deflateSync } from 'node:zlib';

/** A file with its MIME type. */
export interface MediaFile {
  type: string;
  data: Buffer;
}

/** A video, sound or 3D model, by the path of its URL; undefined for an image. */
export function mediaFile(path: string): MediaFile | undefined {
  if (path.endsWith('.wav')) return { type: 'audio/wav', data: tone() };
  if (path.endsWith('.mp4')) return { type: 'video/mp4', data: emptyVideo() };
  if (path.endsWith('.glb')) return { type: 'model/gltf-binary', data: emptyMesh() };
  return undefined;
}

const RATE = 8_000;
const PITCH = 440;

/** A tone of one second, as a 16-bit WAV file. */
function tone(): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + RATE * 2, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(RATE * 2, 40);
  const samples = Buffer.alloc(RATE * 2);
  for (let at = 0; at < RATE; at++)
    samples.writeInt16LE(Math.round(8_000 * Math.sin((2 * Math.PI * PITCH * at) / RATE)), at * 2);
  return Buffer.concat([head, samples]);
}

/** An MP4 file without a track: all that a client sees of a video is its URL and type. */
function emptyVideo(): Buffer {
  const box = (kind: string, content: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(8 + content.length);
    return Buffer.concat([length, Buffer.from(kind + content, 'latin1')]);
  };
  return Buffer.concat([box('ftyp', 'isom\0\0\x02\0isommp41'), box('mdat', '')]);
}

/** A glTF file with an empty scene. */
function emptyMesh(): Buffer {
  const scene = Buffer.from('{"asset":{"version":"2.0"}} ');
  const head = Buffer.alloc(20);
  head.write('glTF', 0);
  head.writeUInt32LE(2, 4);
  head.writeUInt32LE(head.length + scene.length, 8);
  head.writeUInt32LE(scene.length, 12);
  head.write('JSON', 16);
  return Buffer.concat([head, scene]);
}

/** A PNG of one colour, given as red, green and blue. */
export function plainPng(width: number, height: number, colour: Buffer): Buffer {
  const uint32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const chunk = (name: string, data: Buffer) => {
    const named = Buffer.concat([Buffer.from(name), data]);
    return Buffer.concat([uint32(data.length), named, uint32(crc32(named))]);
  };
  // Eight bits a channel, RGB. A row begins with its filter; 0 is none.
  const header = Buffer.concat([uint32(width), uint32(height), Buffer.from([8, 2, 0, 0, 0])]);
  const row = Buffer.concat([Buffer.alloc(1), Buffer.alloc(3 * width, colour.subarray(0, 3))]);
  const rows = Buffer.alloc(row.length * height, row);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
