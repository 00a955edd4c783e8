import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { createLoss } from './messages.ts';

/** A network between a client and Postgres that fails on command. */
export interface Network {
  /** The address of the server behind it, through it. */
  url: string;
  /** How many connections there are. */
  connections(): number;
  /** Cuts all connections. */
  cut(): void;
  /**
   * The next request that has this text in it is carried out, but its reply never arrives: the connection is cut
   * instead. Within a transaction that undoes it, unless the text is `commit`. Resolves when it is done.
   */
  loseReply(text: string): Promise<void>;
  /** Nothing passes, and nobody is told, until it is called with `false`. New connections wait too. */
  silence(isSilent: boolean): void;
  /** Holds back all that is sent, in each direction, by so many ms. */
  delay(ms: number): void;
  close(): Promise<void>;
}

/** Puts a network that can fail in front of the server that a URL names. */
export async function startProxy(target: string): Promise<Network> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<{ client: Socket; server: Socket }>();
  let lag = 0;
  let opens = Promise.resolve();
  let open = () => {};
  let losing: { text: string; done: () => void } | undefined;

  /** Passes on what one side says, as far as `look` lets it. */
  async function pass(from: Socket, to: Socket, look: (chunk: Buffer) => Buffer): Promise<void> {
    for await (const chunk of from) {
      await opens;
      if (lag > 0) await wait(lag);
      to.write(look(chunk));
    }
    to.end();
  }

  const listener = createServer({ noDelay: true }, async (client) => {
    await opens;
    const server = connect({ host: hostname, port: Number(port), noDelay: true });
    const pair = { client, server };
    pairs.add(pair);
    for (const socket of [client, server]) socket.on('error', () => {}); // It is seen where it is read.
    const end = () => {
      client.destroy();
      server.destroy();
      pairs.delete(pair);
    };
    let done: (() => void) | undefined;
    const loss = createLoss((message) => {
      if (!losing || !message.includes(losing.text)) return false;
      done = losing.done;
      losing = undefined;
      return true;
    });
    const asked = pass(client, server, (chunk) => {
      loss.sent(chunk);
      return chunk;
    });
    const answered = pass(server, client, (chunk) => {
      const { passes, isDone } = loss.answered(chunk);
      if (isDone) {
        end();
        done?.();
      }
      return passes;
    });
    // A connection that breaks off on one side is gone on the other.
    await Promise.race([
      Promise.allSettled([asked, answered]),
      asked.catch(() => {}),
      answered.catch(() => {}),
    ]);
    end();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.port = `${(listener.address() as AddressInfo).port}`;

  const cut = () => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
  };
  const silence = (isSilent: boolean) => {
    open();
    if (isSilent)
      opens = new Promise((resolve) => {
        open = resolve;
      });
  };
  return {
    url: url.href,
    connections: () => pairs.size,
    cut,
    loseReply: (text) =>
      new Promise((resolve) => {
        losing = { text, done: resolve };
      }),
    silence,
    delay(ms) {
      lag = ms;
    },
    async close() {
      const closed = new Promise((resolve) => listener.close(resolve));
      silence(false);
      cut();
      await closed;
    },
  };
}
