import { describe, expect, it } from 'vitest';
import { outgoing } from '../../src/mcp/outgoing.ts';
import { createRedactor } from '../../src/runcomfy/sanitize.ts';

const MIB = 1 << 20;
const redact = createRedactor(() => ['key-123456', 'abcd']);
const url = (index: number, length = 100) => `https://x.runcomfy.net/${index}-${'y'.repeat(length)}.png`;
const urls = (count: number, length?: number) =>
  Array.from({ length: count }, (_, index) => url(index, length));

interface Answer {
  content: { type: string; text?: string; data?: string }[];
  structuredContent: { request_id: string; status: string; images: { url: string }[]; notes?: string[] };
}

/** An answer about a job, as the server hands it to the SDK. */
const answer = (images: string[], more: Partial<Record<'previews' | 'note', string>> = {}) => ({
  jsonrpc: '2.0',
  id: 7,
  result: {
    content: [
      {
        type: 'text',
        text: ['Done (request_id r1).', ...images, more.note ?? 'The links are temporary.'].join('\n'),
      },
      ...(more.previews ? [{ type: 'image', data: more.previews, mimeType: 'image/webp' }] : []),
    ],
    structuredContent: {
      request_id: 'r1',
      status: 'succeeded',
      images: images.map((image) => ({ url: image })),
      ...(more.note && { next: more.note }),
    },
  },
});

/** What became of an answer, with its size on the wire. */
function sent(message: object) {
  const out = outgoing(message, redact) as { result: Answer };
  const { content, structuredContent } = out.result;
  return {
    bytes: Buffer.byteLength(JSON.stringify(out)),
    types: [...new Set(content.map(({ type }) => type))],
    text: content[0]?.text ?? '',
    data: structuredContent,
    urls: structuredContent.images.map((image) => image.url),
  };
}

describe('what leaves', () => {
  it('is as it was where there is nothing to hide', () => {
    const message = answer(urls(3), { previews: 'QUJD' });
    expect(outgoing(message, redact)).toEqual(message);
    for (const other of [
      { id: 1, result: { tools: [{ name: 'a', inputSchema: { default: null } }] } },
      { id: 1, result: {} },
    ])
      expect(outgoing(other, redact)).toEqual(other);
  });

  it('holds no key in any text or name, in whatever kind of message', () => {
    const said = 'a key-123456 b';
    const message = {
      method: said,
      params: { message: said, [said]: [said, { [said]: said }] },
      result: { contents: [{ text: said }], structuredContent: { [said]: { deep: [[said]] } } },
      error: { message: said, data: said },
    };
    expect(JSON.stringify(outgoing(message, redact))).not.toContain('123456');
    expect(JSON.stringify(outgoing(message, redact)).match(/a \[key\] b/g)).toHaveLength(11);
  });

  it('leaves the bytes of a preview alone, which hold no key but may look like one', () => {
    const message = answer(urls(1), { previews: 'xxabcdxx' });
    expect(outgoing(message, redact)).toEqual(message);
  });
});

describe('an answer that is too large', () => {
  it('loses its previews first, and says so', () => {
    const images = urls(100, 4_000);
    const out = sent(answer(images, { previews: 'A'.repeat(MIB / 2) }));
    expect(out.types).toEqual(['text']);
    expect(out.text).toContain('The previews are left out: they did not fit.');
    expect(out.urls).toEqual(images);
    for (const image of images) expect(out.text).toContain(image);
    expect(out.bytes).toBeLessThanOrEqual(MIB);
  });

  it.each([
    ['one giant URL', [...urls(20), url(20, 12 * MIB)]],
    ['many large URLs', [...urls(20), ...urls(1_000, 8_000)]],
    ['a great many URLs', [...urls(20), ...urls(40_000, 60)]],
    [
      'URLs that are escaped',
      [...urls(20), ...Array.from({ length: 9 }, () => `https://x/${'"\u0001'.repeat(MIB / 9)}`)],
    ],
  ])('loses the longest of it last: %s', (_, images) => {
    const out = sent(answer(images, { previews: 'A'.repeat(MIB / 2) }));
    expect(out.bytes).toBeLessThanOrEqual(MIB);
    expect(out.data).toMatchObject({ request_id: 'r1', status: 'succeeded' });
    expect(out.text).toContain('Done (request_id r1).');
    expect(out.text).toContain('an answer holds at most 1 MiB');
    // Not a part of one either: it is there, or it is not.
    const given = new Set(images);
    expect(out.urls.filter((shown) => !given.has(shown))).toEqual([]);
    if (images.length < 2_000) for (const image of urls(20)) expect(out.text + out.urls).toContain(image);
  });

  it('keeps the beginning and the end of a giant sentence', () => {
    const note = `At first ${'x'.repeat(5 * MIB)} at last`;
    const out = sent(answer(urls(3), { note }));
    expect(out.text).toMatch(/At first x+ … x+ at last$/);
    expect(out.data).toMatchObject({
      request_id: 'r1',
      next: expect.stringMatching(/^At first x+ … x+ at last$/),
    });
    expect(out.bytes).toBeLessThanOrEqual(MIB);
  });

  it('fits whatever the id of its request takes', () => {
    const out = sent({ ...answer(urls(100, 4_000)), id: 'i'.repeat(MIB / 4) });
    expect(out.bytes).toBeLessThanOrEqual(MIB);
    expect(out.urls).toHaveLength(100);
  });
});
