/**
 * The text of a body, as far as it came. Nothing but `identity` is asked for; where gzip or deflate comes all the same,
 * it is unpacked, to `maxBytes` at most. A byte order mark is dropped, which JSON does not allow.
 */
export async function bodyText(
  body: Buffer,
  encoding: string | string[] | undefined,
  maxBytes: number,
): Promise<string> {
  const packed = /^(x-)?gzip$|^deflate$/i.test(String(encoding ?? ''));
  return (packed ? await unpacked(body, maxBytes) : body).toString('utf8').replace(/^\ufeff/, '');
}

/** The bytes as they are where they cannot be unpacked. */
async function unpacked(body: Buffer, maxOutputLength: number): Promise<Buffer> {
  const { constants, unzipSync } = await import('node:zlib');
  try {
    // Of a stream that is cut, what can be unpacked.
    return unzipSync(body, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength });
  } catch {
    return body;
  }
}
