import { describe, expect, it } from 'vitest';
import {
  describeNonImage,
  describeUnknown,
  extensionOf,
  HEAD_BYTES,
  sniff,
  sniffMedia,
} from '../../src/images/media-type.ts';
import { mediaFile } from '../../src/sandbox/media.ts';
import { noise } from '../support/images.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
/** A file of this head that goes on. */
const file = (head: string) => Buffer.concat([latin1(head), Buffer.alloc(200, 'a')]);
const size = '\x24\x10\0\0';
const ogg = (codec: string) => `OggS\0\x02${'\0'.repeat(20)}\x01\x1e${codec}`;

// Heads as ffmpeg, Chrome's recorder, lame, opusenc, flac and three.js write them.
const KNOWN: [what: string, head: string, mime: string, extension: string, kind: string][] = [
  ['MP4', '\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41', 'video/mp4', 'mp4', 'video'],
  ['MP4 of a camera', '\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'video/mp4', 'mp4', 'video'],
  ['MP4 in fragments', '\0\0\0\x1cftypiso5\0\0\x02\0iso5iso6mp41', 'video/mp4', 'mp4', 'video'],
  ['M4V', '\0\0\0\x1cftypM4V \0\0\0\x01M4V M4A mp42isom', 'video/mp4', 'mp4', 'video'],
  ['QuickTime', '\0\0\0\x14ftypqt  \0\0\x02\0qt  ', 'video/quicktime', 'mov', 'video'],
  ['M4A', '\0\0\0\x1cftypM4A \0\0\x02\0M4A isomiso2', 'audio/mp4', 'm4a', 'audio'],
  [
    'WebM',
    '\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webmB\x87\x81\x04',
    'video/webm',
    'webm',
    'video',
  ],
  [
    'WebM with long sizes',
    '\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm',
    'video/webm',
    'webm',
    'video',
  ],
  [
    'Matroska',
    '\x1aE\xdf\xa3\xa3B\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x88matroska',
    'video/matroska',
    'mkv',
    'video',
  ],
  ['AVI', `RIFF${size}AVI LIST`, 'video/x-msvideo', 'avi', 'video'],
  ['WAV', `RIFF${size}WAVEfmt `, 'audio/wav', 'wav', 'audio'],
  ['MP3 with a tag', 'ID3\x04\0\0\0\0\0\x23TSSE', 'audio/mpeg', 'mp3', 'audio'],
  ['MP3 without one', '\xff\xfb\x90\x64\0', 'audio/mpeg', 'mp3', 'audio'],
  ['MP3 of 22 kHz', '\xff\xf3\x84\xc4\0', 'audio/mpeg', 'mp3', 'audio'],
  ['AAC', '\xff\xf1\x50\x80\x2e\x7f\xfc', 'audio/aac', 'aac', 'audio'],
  ['Vorbis', ogg('\x01vorbis\0'), 'audio/ogg', 'ogg', 'audio'],
  ['Opus', ogg('OpusHead\x01'), 'audio/ogg', 'ogg', 'audio'],
  ['FLAC', 'fLaC\0\0\0\x22\x12\0', 'audio/flac', 'flac', 'audio'],
  ['glTF', `glTF\x02\0\0\0${size}\x1c\0\0\0JSON{`, 'model/gltf-binary', 'glb', '3d'],
  ['PNG', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'image/png', 'png', 'image'],
  ['JPEG', '\xff\xd8\xff\xe0\0\x10JFIF', 'image/jpeg', 'jpg', 'image'],
  ['GIF', 'GIF89a\x01\0', 'image/gif', 'gif', 'image'],
  ['WebP', `RIFF${size}WEBPVP8 `, 'image/webp', 'webp', 'image'],
  ['AVIF', '\0\0\0\x20ftypavif\0\0\0\0avifmif1miaf', 'image/avif', 'avif', 'image'],
  ['AVIF that says so late', '\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf', 'image/avif', 'avif', 'image'],
];

const UNKNOWN: [what: string, head: Buffer, why: string][] = [
  ['nothing', Buffer.alloc(0), 'it is empty'],
  ['a web page', file('<!DOCTYPE html><html>ftypisom'), 'it is a web page'],
  ['a web page behind blanks', file('\xef\xbb\xbf\n <html>'), 'it is a web page'],
  ['an SVG', file('<?xml version="1.0"?><svg onload="x()">'), 'it is an SVG drawing, which may hold scripts'],
  ['a JSON error', file('{"error":"ftypmp42"}'), 'it is a text'],
  ['a shell script', file('#!/bin/sh\nrm -rf ~\n'), 'it is of no known type'],
  ['a program for Linux', file('\x7fELF\x02\x01\x01\0'), 'it is of no known type'],
  ['a program for Windows', file('MZ\x90\0\x03\0\0\0'), 'it is of no known type'],
  ['a zip', file('PK\x03\x04\x14\0ftypisom'), 'it is of no known type'],
  ['a PDF', file('%PDF-1.7\n'), 'it is of no known type'],
  ['a gzip', file('\x1f\x8b\x08\0\0\0\0\0'), 'it is of no known type'],
  ['a text in UTF-16', file('\xff\xfeh\0i\0'), 'it is of no known type'],
  ['a text about tags', file('ID3 tags are fine'), 'it is of no known type'],
  ['a text about boxes', file('The ftypisom box'), 'it is of no known type'],
  ['a text about sounds in boxes', file('The ftypM4A box'), 'it is of no known type'],
  ['a text about QuickTime', file('The ftypqt  box'), 'it is of no known type'],
  ['a text about AVI', file('RIFF or AVI is what'), 'it is of no known type'],
  ['a text about WAVE', file('RIFF or WAVE is what'), 'it is of no known type'],
  ['a text about FLAC', file('fLaC is how it begins'), 'it is of no known type'],
  ['a sync word of AAC alone', file('\xff\xf1\xff\xff'), 'it is of no known type'],
  ['a text about Ogg', file('OggS is how a page begins'), 'it is of no known type'],
  ['a text about glTF', file('glTF, then a length, JSON'), 'it is of no known type'],
  ['a HEIC picture', file('\0\0\0\x24ftypheic\0\0\0\0mif1heicisom'), 'it is of no known type'],
  ['a camera raw', file('\0\0\0\x18ftypcrx \0\0\0\x01crx isom'), 'it is of no known type'],
  ['an MP3 of no bit rate', file('\xff\xfb\xf0\0'), 'it is of no known type'],
  ['half a head', latin1('\0\0\0\x20ftyp'), 'it is of no known type'],
  [
    'what comes too late',
    file(`\x1aE\xdf\xa3${'\0'.repeat(HEAD_BYTES)}B\x82\x84webm`),
    'it is of no known type',
  ],
];

describe('the first bytes of a file', () => {
  it.each(KNOWN)('tell %s', (_, head, mime, extension, kind) => {
    for (const bytes of [latin1(head), file(head)])
      expect(sniffMedia(bytes)).toMatchObject({ mime, extension, kind });
    expect(sniff(file(head))).toBe(kind === 'image' ? mime.slice(6) : undefined);
    expect(extensionOf(mime)).toBe(extension);
  });

  it.each(UNKNOWN)('are not enough of %s', (_, head, why) => {
    expect(sniffMedia(head)).toBeUndefined();
    expect(sniff(head)).toBeUndefined();
    expect(describeUnknown(head)).toBe(why);
  });

  it.each(['png', 'jpeg', 'webp', 'gif', 'avif'] as const)('tell a real %s', async (type) => {
    expect(sniff(await noise(16, 16).toFormat(type).toBuffer())).toBe(type);
  });

  it.each(['/a/video.mp4', '/a/audio.wav', '/a/mesh.glb'])('tell what the sandbox serves: %s', (path) => {
    const media = mediaFile(path);
    expect(sniffMedia(media?.data ?? Buffer.alloc(0))).toMatchObject({
      mime: media?.type,
      extension: path.split('.')[1],
    });
  });

  it('say what is no image', () => {
    const words = (head: string) => describeNonImage(file(head));
    expect(words('\0\0\0\x20ftypisom')).toBe('it is a video, not an image');
    expect(words('ID3\x04\0')).toBe('it is audio, not an image');
    expect(words(`glTF\x02\0\0\0${size}\x1c\0\0\0JSON{`)).toBe('it is a 3D model, not an image');
    expect(words('%PDF-1.7')).toBe('it is not a PNG, JPEG, WebP, GIF or AVIF');
  });
});

it('a type from elsewhere names no folder', () => {
  expect(extensionOf('video/../../x')).toBe('bin');
});
