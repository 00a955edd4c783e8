import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StatusProblem } from './problems.ts';

export const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** A request, and how its answer is sent. */
export interface Sending {
  request: IncomingMessage;
  response: ServerResponse;
  /** In ms: a client that takes nothing for so long is left. */
  stalled: number;
}

/** A request that may be answered. */
export interface Exchange extends Sending {
  /** Aborts when the client has left. */
  signal: AbortSignal;
}

// In bytes, of what is in memory.
const PIECE = 1 << 16;

/** Sends what is in memory. */
export function send(
  exchange: Sending,
  status: number,
  body: string | Buffer,
  headers: Record<string, string>,
): void {
  const { request, response } = exchange;
  const data = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(status, { ...HEADERS, 'content-length': data.length, ...headers });
  if (request.method === 'HEAD') response.end();
  else void sendContent(exchange, piecesOf(data), data.length);
}

async function* piecesOf(data: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += PIECE) yield data.subarray(at, at + PIECE);
}

export const sendJson = (
  exchange: Sending,
  status: number,
  json: unknown,
  headers: Record<string, string> = {},
): void => send(exchange, status, JSON.stringify(json), { 'content-type': 'application/json', ...headers });

export function sendDone({ response }: Sending): void {
  response.writeHead(204, HEADERS).end();
}

export function sendProblem(
  exchange: Sending,
  { status, ...problem }: StatusProblem,
  headers: Record<string, string> = {},
): void {
  sendJson(exchange, status, problem, headers);
}

/**
 * Sends content of so many bytes, if they are known, as fast as the client takes it; one that takes none of it is left,
 * whatever it sends meanwhile. Throws what reading it throws.
 */
export async function sendContent(
  { response, stalled }: Sending,
  content: AsyncIterable<Buffer>,
  bytes: number | undefined,
): Promise<void> {
  let sent = 0;
  for await (const piece of content) {
    sent += piece.length;
    // What is more than was told would be taken for the next answer.
    if (bytes !== undefined && sent > bytes) break;
    if (!response.write(piece) && !(await isTaken(response, 'drain', stalled)))
      return void response.destroy();
  }
  if (bytes !== undefined && sent !== bytes) return void response.destroy();
  response.end();
  if (!response.writableFinished && !(await isTaken(response, 'finish', stalled))) response.destroy();
}

/** Whether a client takes what is being sent; false once it has left, or takes none of it for too long. */
function isTaken(response: ServerResponse, event: 'drain' | 'finish', stalled: number): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle = (isTaken: boolean) => () => {
      clearTimeout(timer);
      response.off(event, onTaken).off('close', onLeft);
      resolve(isTaken);
    };
    const [onTaken, onLeft] = [settle(true), settle(false)];
    const timer = setTimeout(onLeft, stalled);
    response.once(event, onTaken).once('close', onLeft);
  });
}
