import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** The bytes of an answer to a submit, and whether the connection ends behind them. */
export interface RawAnswer {
  bytes: string | Buffer;
  ends?: boolean;
}

/** A request as it came: on which connection, counted from 0, and its head. */
export interface RawRequest {
  line: string;
  head: string;
  connection: number;
}

/** An HTTP/1.1 answer with a body of the length that it tells, unless `headers` tell another. */
export function http(
  status: number,
  body: unknown,
  headers: Record<string, string | number> = {},
): RawAnswer & { bytes: Buffer } {
  const data = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const told = { 'content-type': 'application/json', 'content-length': data.length, ...headers };
  const lines = Object.entries(told).map(([name, value]) => `${name}: ${value}\r\n`);
  return { bytes: Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Raw\r\n${lines.join('')}\r\n`), data]) };
}

/**
 * RunComfy's API in bytes, to lie where an HTTP server would not let one: each submit is a job of the next id, `raw-1`
 * first, and is answered with the next of `answers`, the last of which repeats. A job that it `knows` is done at its
 * first look; of others it says 404001.
 */
export async function startRawUpstream(
  answers: readonly RawAnswer[],
  { knows = true, free }: { knows?: boolean; free?: (line: string) => RawAnswer | undefined } = {},
) {
  const requests: RawRequest[] = [];
  const sockets: Socket[] = [];
  let submits = 0;

  function answer(line: string): RawAnswer {
    if (line.startsWith('POST /v1/models/')) {
      submits += 1;
      return answers[Math.min(submits, answers.length) - 1] as RawAnswer;
    }
    const instead = free?.(line);
    if (instead) return instead;
    const what = /^\w+ \/v1\/requests\/raw-\d+\/(status|result|cancel)/.exec(line)?.[1];
    if (!what || !knows) return http(404, { error_code: 404001, error_message: 'request not found' });
    if (what === 'cancel') return http(202, { status: 'completed', outcome: 'not_cancellable' });
    const image = 'https://playgrounds-storage-public.runcomfy.net/out.png';
    return http(200, { status: what === 'status' ? 'completed' : 'succeeded', output: { images: [image] } });
  }

  const server = createServer((socket) => {
    const connection = sockets.push(socket) - 1;
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (data) => {
      text += data.toString('latin1');
      for (;;) {
        const end = text.indexOf('\r\n\r\n');
        const head = text.slice(0, end);
        const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
        if (end === -1 || text.length < end + 4 + length) return;
        text = text.slice(end + 4 + length);
        const line = head.slice(0, head.indexOf('\r\n'));
        requests.push({ line, head, connection });
        const { bytes, ends } = answer(line);
        if (ends) socket.end(bytes);
        else socket.write(bytes);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get submits() {
      return submits;
    },
    /** Whether a connection is closed by now. */
    isClosed: (connection: number) => sockets[connection]?.readableEnded || sockets[connection]?.destroyed,
  };
}
