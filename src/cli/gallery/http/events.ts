import type { ServerResponse } from 'node:http';
import type { Clock } from '../../../clock.ts';
import type { GalleryEvents } from '../../../view/gallery-api.ts';
import type { Collection } from '../collection.ts';
import { type Exchange, HEADERS } from './answer.ts';
import type { GalleryLimits } from './limits.ts';
import { failure, ProblemError } from './problems.ts';

// In ms.
const [EVERY, HEARTBEAT, RETRY] = [1_000, 15_000, 2_000];

/** Tells open pages what changes. Without a page it does nothing. */
export function createEvents(
  collection: Collection,
  clock: Clock,
  { streams, unread }: Pick<GalleryLimits, 'streams' | 'unread'>,
) {
  const open = new Set<ServerResponse>();
  /** Why the list is not up to date, as the records cannot be read or RunComfy cannot be asked. */
  const problems = { records: '', refresh: '' };
  let told = '';
  /** Resolves when what changes can be told. */
  let remembered: Promise<void> | undefined;
  /** Ends what goes on while a page is open. */
  let end: AbortController | undefined;

  function send(text: string): void {
    for (const response of open) {
      // Who does not read gets the list anew later.
      if (response.writableLength > unread) response.destroy();
      else response.write(text);
    }
  }

  const format = <Name extends keyof GalleryEvents>(name: Name, data: GalleryEvents[Name]) =>
    `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

  function setProblem(kind: keyof typeof problems, text: string): void {
    problems[kind] = text;
    const now = problems.records || problems.refresh;
    if (now !== told) send(format('problem', { text: now }));
    told = now;
  }

  async function watch(signal: AbortSignal): Promise<void> {
    let beat = clock.now();
    for (;;) {
      await clock.sleep(EVERY, signal).catch(() => {});
      if (signal.aborted) return;
      try {
        const change = await collection.changes();
        if (change.jobs.length + change.gone.length > 0) send(format('change', change));
        setProblem('records', '');
      } catch (error) {
        setProblem('records', failure(error).error);
      }
      if (Math.abs(clock.now() - beat) < HEARTBEAT) continue;
      beat = clock.now();
      send(format('beat', {}));
    }
  }

  function leave(response: ServerResponse): void {
    open.delete(response);
    if (open.size === 0) end?.abort();
  }

  return {
    /** Sends events until the client leaves. Throws ProblemError. */
    async add({ request, response, signal }: Exchange): Promise<void> {
      if (open.size >= streams)
        throw new ProblemError({
          status: 503,
          error: 'The gallery is open in too many windows. Close some.',
        });
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
      if (request.method === 'HEAD') return void response.end();
      const isFirst = open.size === 0;
      open.add(response);
      signal.addEventListener('abort', () => leave(response), { once: true });
      const own = new AbortController();
      if (isFirst) {
        end = own;
        remembered = collection.remember().catch((error) => setProblem('records', failure(error).error));
      }
      // What changes from then on is told. The page asks for the list once it has the head of this answer.
      await remembered;
      if (isFirst) {
        void watch(own.signal);
        void collection.collect?.(own.signal, (text) => setProblem('refresh', text));
      }
      response.write(`retry: ${RETRY}\n\n`);
      if (told) response.write(format('problem', { text: told }));
    },
    close: (): void => end?.abort(),
  };
}
