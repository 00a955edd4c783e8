import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A connection of a client that says what it likes. */
export interface RawConnection {
  socket: Socket;
  send(text: string | Buffer): void;
  /** What came so far. */
  received(): string;
  /** Resolves with all that came, when the server has ended the connection. */
  ended: Promise<string>;
}

/** Opens a connection to the server of a URL. */
export async function rawHttp(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname.replace(/[[\]]/g, ''));
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  // A reset is an end, too.
  socket.on('error', () => {});
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  return { socket, send: (data) => void socket.write(data), received: () => text, ended };
}

/** A request as it goes over the wire; headers as given, with nothing added but the length of a body. */
export function rawRequest(line: string, headers: readonly string[], body?: string | Buffer): Buffer {
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const head = [`${line} HTTP/1.1`, ...headers, ...length, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body ?? '')]);
}

/** Sends one request on a connection of its own and resolves with the whole answer, as the server is asked to end it. */
export async function askRaw(url: string, line: string, headers: readonly string[], body?: string | Buffer) {
  const connection = await rawHttp(url);
  connection.send(rawRequest(line, [...headers, 'Connection: close'], body));
  const text = await connection.ended;
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), text };
}
