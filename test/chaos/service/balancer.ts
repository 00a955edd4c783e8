import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Story } from './story.ts';

/** Where connections go: a replica, while it is given new ones. */
export interface Target {
  port: number;
  isOpen: boolean;
}

interface Connection {
  target: Target;
  client: Socket;
  server: Socket;
  /** The picture that the call under way is for. */
  prompt?: string | undefined;
}

const RETRY_EVERY = 50;

/**
 * A load balancer as dull as they come: each connection goes to the next replica, whoever it is from, and nothing is known
 * of whether a replica works but that it takes connections. It sees what left the replicas.
 */
export async function startBalancer({
  targets,
  promptOf,
  story: { tell },
}: {
  targets: () => readonly Target[];
  /** What a job of RunComfy is a picture of. */
  promptOf: (requestId: string) => string | undefined;
  story: Story;
}) {
  const open = new Set<Connection>();
  const answered = new Set<string>();
  let turn = 0;

  /** Connects to the next replica that takes connections, while the client is there. */
  async function reach(client: Socket): Promise<Pick<Connection, 'target' | 'server'> | undefined> {
    while (!client.destroyed) {
      const all = targets().filter(({ isOpen }) => isOpen);
      for (let tried = 0; tried < all.length; tried += 1) {
        const target = all[turn % all.length] as Target;
        turn += 1;
        const server = await connected(target.port);
        if (server) return { target, server };
      }
      await delay(RETRY_EVERY);
    }
    return undefined;
  }

  const listener = createServer({ noDelay: true }, async (client) => {
    client.on('error', () => {});
    const reached = await reach(client);
    if (!reached) return;
    const { server } = reached;
    const connection: Connection = { client, ...reached };
    open.add(connection);
    const linesOf = createLines();
    client.on('data', (chunk) => {
      const [, field, value = ''] = /"(prompt|request_id)":"([^"]+)"/.exec(chunk.toString()) ?? [];
      const prompt = field === 'request_id' ? promptOf(value) : field && value;
      if (prompt) {
        connection.prompt = prompt;
        tell(prompt, `a call to ${reached.target.port}`);
      }
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      for (const line of linesOf(chunk)) {
        const result = resultIn(line);
        if (!result) continue;
        const { prompt } = connection;
        connection.prompt = undefined;
        if (prompt)
          tell(
            prompt,
            `the answer of ${reached.target.port} has left: ${result.status} ${result.request_id}`,
          );
        if (result.status === 'succeeded') answered.add(result.request_id);
      }
      if (!client.destroyed) client.write(chunk);
    });
    // What had left the replica before it could know that its client was gone is still read.
    client.once('close', () => {
      if (connection.prompt)
        tell(connection.prompt, `the client of a call to ${reached.target.port} is gone`);
      server.resume().end();
    });
    server
      .on('error', () => {})
      .once('close', () => {
        open.delete(connection);
        if (connection.prompt) tell(connection.prompt, `${reached.target.port} has closed the connection`);
        client.destroy();
      });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));

  const of = (prompt: string) => [...open].filter((one) => one.prompt === prompt);
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/mcp`,
    /** The jobs whose pictures were in an answer that left a replica whole, whoever read it then. */
    answered: answered as ReadonlySet<string>,
    /** What the calls are for that a replica has at present. */
    callsAt: (target: Target) =>
      [...open].flatMap((one) => (one.target === target && one.prompt ? one.prompt : [])),
    /** Cuts the connections of the calls for a picture; says whether there was one. */
    cut(prompt: string): boolean {
      const cut = of(prompt);
      for (const { client } of cut) client.destroy();
      if (cut.length > 0) tell(prompt, 'its connection is cut');
      return cut.length > 0;
    },
    /** The client of a picture reads nothing for so many ms. */
    async slow(prompt: string, ms: number): Promise<void> {
      const slowed = of(prompt);
      for (const { server } of slowed) server.pause();
      if (slowed.length > 0) tell(prompt, `its client reads nothing for ${Math.round(ms)} ms`);
      await delay(ms);
      for (const { server } of slowed) server.resume();
    },
    async close() {
      const closed = new Promise((resolve) => listener.close(resolve));
      for (const { client, server } of open) {
        client.destroy();
        server.destroy();
      }
      await closed;
    },
  };
}

export type Balancer = Awaited<ReturnType<typeof startBalancer>>;

function connected(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.once('connect', () => resolve(socket)).once('error', () => resolve(undefined));
  });
}

/** The lines that are whole. */
function createLines() {
  let rest = '';
  return (chunk: Buffer): string[] => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    return lines;
  };
}

/** What the event in a line tells of a job, if it is the answer to a call. */
function resultIn(line: string): { request_id: string; status: string } | undefined {
  if (!line.startsWith('data: {')) return undefined;
  const { result } = JSON.parse(line.slice('data: '.length));
  return result && { ...result.structuredContent };
}
