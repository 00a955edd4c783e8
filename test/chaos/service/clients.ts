import { setTimeout as delay } from 'node:timers/promises';
import { callWith } from '../../deployed/support/patient.ts';
import { type Answered, answered } from '../../support/host.ts';
import { type ClientKind, connectHttp } from '../../support/service.ts';

/** What a call brought: an answer, or why there is none. */
export type Outcome = Answered | 'connection_lost' | 'given_up';

export interface ChaosClient {
  /** Calls a tool, for so many ms at most. A stream that breaks off is noticed at once. */
  call(name: string, args: Record<string, unknown>, timeout: number): Promise<Outcome>;
}

const RECONNECT_EVERY = 100;

/** A real client, which is connected once and stays so whatever happens to the replicas. */
export async function connectClient(url: string, kind: ClientKind, token: string): Promise<ChaosClient> {
  // The clients of SDK 1.x wait for their timeout when a stream breaks off.
  let broken = () => {};
  const watched: typeof fetch = async (to, init) => {
    const response = await fetch(to, init);
    if (!String(init?.body).includes('"tools/call"') || !response.body) return response;
    const own = broken;
    const body = watch(response.body, () => own());
    return new Response(body, { status: response.status, headers: response.headers });
  };
  const connect = async () => {
    for (;;) {
      try {
        return await connectHttp(url, kind, { token, name: 'chaos', fetch: watched });
      } catch {
        await delay(RECONNECT_EVERY);
      }
    }
  };
  const client = await connect();
  return {
    async call(name, args, timeout) {
      const lost = new Promise<Outcome>((resolve) => {
        broken = () => resolve('connection_lost');
      });
      const answer = callWith(client, kind, { name, arguments: args }, { timeout }).then(
        answered,
        (error: Error): Outcome => (/timed? ?out/i.test(error.message) ? 'given_up' : 'connection_lost'),
      );
      return Promise.race([answer, lost]);
    },
  };
}

function watch(body: ReadableStream<Uint8Array>, broken: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        broken();
        controller.error(error);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
