import type { IncomingMessage } from 'node:http';

/** In bytes: local images come as data URIs in a call. */
export const MAX_BODY = 16 << 20;
/** In bytes, of all requests that are being read. */
const MAX_IN_FLIGHT = 128 << 20;

/** Why a body was not read, as HTTP says it. */
export class BodyError extends Error {
  readonly status: 400 | 413 | 503;
  constructor(status: 400 | 413 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads the bodies of requests, each and all of them together within a limit. */
export function createBodyReader({ maxBytes = MAX_BODY, maxInFlight = MAX_IN_FLIGHT } = {}) {
  let inFlight = 0;

  /** The JSON of a body; undefined for an empty one. Throws BodyError. */
  return async (request: IncomingMessage): Promise<unknown> => {
    const tooLarge = () => new BodyError(413, `a request holds at most ${maxBytes} bytes`);
    if (Number(request.headers['content-length']) > maxBytes) throw tooLarge();
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        inFlight += chunk.length;
        if (bytes > maxBytes) throw tooLarge();
        if (inFlight > maxInFlight)
          throw new BodyError(503, 'too many large requests at once: send it again in a moment');
        chunks.push(chunk);
      }
      const text = Buffer.concat(chunks).toString();
      return text === '' ? undefined : JSON.parse(text);
    } catch (error) {
      if (error instanceof BodyError) throw error;
      throw new BodyError(
        400,
        error instanceof SyntaxError ? 'the body is not valid JSON' : 'the body was cut',
      );
    } finally {
      inFlight -= bytes;
    }
  };
}
