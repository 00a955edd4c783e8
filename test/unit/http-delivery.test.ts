import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { whenLeft } from '../../src/mcp/transports/http/delivery.ts';

// In bytes: 4 MB fit between two sockets of this machine (measured).
const LARGE = Buffer.alloc(64 << 20);
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** Sends requests on one connection, and answers the last; tells whether the answer is known to have left. */
async function answer(write: (response: ServerResponse) => void, { requests = 1, isRead = true } = {}) {
  const responses: ServerResponse[] = [];
  const server = createServer((_, response) => void responses.push(response)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  if (isRead) client.resume();
  else client.pause();
  client.write(GET.repeat(requests));
  while (responses.length < requests) await once(server, 'request');
  const left = whenLeft(responses.at(-1) as ServerResponse).then(
    () => true,
    () => false,
  );
  for (const response of responses) {
    response.on('error', () => {});
    write(response);
  }
  return { left, client, server, response: responses.at(-1) as ServerResponse };
}

const isSettled = (left: Promise<unknown>) =>
  Promise.race([left.then(() => true), new Promise((resolve) => setTimeout(resolve, 50, false))]);

describe('an answer over HTTP', () => {
  it('has left when all of it was written', async () => {
    const { left } = await answer((response) => void response.end('all'));
    expect(await left).toBe(true);
  });

  it('has left where it waited for an earlier one on its connection', async () => {
    const { left } = await answer((response) => void response.end('all'), { requests: 2 });
    expect(await left).toBe(true);
  });

  it('has left though the connection is closed as soon as it was written', async () => {
    const { left } = await answer((response) => void response.setHeader('connection', 'close').end('all'));
    expect(await left).toBe(true);
  });

  const ENDS: [form: string, write: (response: ServerResponse) => void][] = [
    ['and nothing more will be', (response) => void response.end(LARGE)],
    [
      'in pieces',
      (response) => {
        response.write(LARGE);
        response.end('end');
      },
    ],
    ['and its end is still to come', (response) => void response.write(LARGE)],
  ];
  it.each(ENDS)(
    'has not while part of it stands here, written %s, and never if the client goes',
    async (_, write) => {
      const { left, client } = await answer(write, { isRead: false });
      expect(await isSettled(left)).toBe(false);
      client.resetAndDestroy();
      expect(await left).toBe(false);
    },
  );

  it.each(ENDS)(
    'has not where the server itself closes all connections while it is written %s',
    async (_, write) => {
      const { left, server } = await answer(write, { isRead: false });
      server.closeAllConnections();
      expect(await left).toBe(false);
    },
  );

  it('has not where the client went before its end was written', async () => {
    const { left, client, response } = await answer((response) => response.flushHeaders());
    client.destroy();
    await once(response, 'close');
    response.end('all');
    expect(await left).toBe(false);
  });

  it('has not where the client had gone before anybody asked', async () => {
    const responses: ServerResponse[] = [];
    const server = createServer((_, response) => void responses.push(response)).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.write(GET);
    await once(server, 'request');
    client.destroy();
    const [response] = responses as [ServerResponse];
    await once(response, 'close');
    await expect(whenLeft(response)).rejects.toThrow(/closed before/);
  });
});
