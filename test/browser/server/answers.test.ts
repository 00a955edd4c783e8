import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as breathe } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sendContent } from '../../../src/cli/gallery/http/answer.ts';
import { rawHttp, rawRequest } from '../../support/raw-connection.ts';

/** What a client gets of a file that is told to have 10 bytes. */
async function answered(...pieces: string[]): Promise<string> {
  async function* content() {
    for (const piece of pieces) {
      yield Buffer.from(piece);
      await breathe();
    }
  }
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    response.writeHead(200, { 'content-length': 10 });
    void sendContent({ request, response, stalled: 60_000 }, content(), 10);
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = await rawHttp(`http://${host}/`);
  client.send(rawRequest('GET /', [`Host: ${host}`]));
  return (await client.ended).split('\r\n\r\n')[1] ?? '';
}

describe('a file that changes while the gallery sends it', () => {
  it('is cut where it has shrunk: nobody waits for the rest', async () => {
    expect(await answered('12345')).toBe('12345');
  });

  it('is cut where it has grown: none of it is taken for the next answer', async () => {
    expect(await answered('12345', '67890more')).toBe('12345');
  });
});
