import type { Dispatcher } from 'undici';

/** The code of what keeps a request from being sent where its time to go out has passed. */
export const TOO_LATE = 'TOO_LATE';

/** What one request came to: how far it got before it ended or failed. */
export interface Exchange {
  /** Whether the request had begun to go out. */
  sent: boolean;
  /** Absent where no answer began. */
  head?: { status: number; headers: Record<string, string | string[] | undefined> };
  /** The body as far as it came. */
  body: Buffer;
  /** Why it ended early. */
  error?: unknown;
}

/**
 * Sends one request and reads its answer, of which it takes `maxBytes` at most. Never rejects; ends early when the
 * signal aborts, and sends nothing if `isLate` is true right before the first byte. Over undici's own dispatch, because
 * its `request` drops what it read of a body that breaks off, and because only `onRequestStart`, which is called right
 * before the first byte, tells whether a request was sent.
 */
export function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  maxBytes: number,
  signal?: AbortSignal,
  isLate: () => boolean = () => false,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let sent = false;
    let head: Exchange['head'];
    let stop = () => {};

    const end = (error?: unknown) => {
      signal?.removeEventListener('abort', abort);
      resolve({
        sent,
        ...(head && { head }),
        body: Buffer.concat(chunks),
        ...(error !== undefined && { error }),
      });
    };
    function abort() {
      stop();
      end(signal?.reason);
    }
    signal?.addEventListener('abort', abort, { once: true });

    dispatcher.dispatch(options, {
      onRequestStart(controller) {
        // Thrown, as an abort would close the connection, which the next try can use.
        if (isLate()) throw Object.assign(new Error('too late to send'), { code: TOO_LATE });
        stop = () => controller.abort(new Error('aborted'));
        // It may have waited for a connection until nobody waits for it.
        if (signal?.aborted) stop();
        else sent = true;
      },
      onResponseStart(_, status, headers) {
        head = { status, headers };
      },
      onResponseData(controller, chunk) {
        bytes += chunk.length;
        if (bytes <= maxBytes) chunks.push(chunk);
        else controller.abort(Object.assign(new Error('answer too large'), { code: 'ANSWER_TOO_LARGE' }));
      },
      onResponseEnd: () => end(),
      onResponseError: (_, error) => end(error),
    });
  });
}
