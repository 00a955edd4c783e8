import { jobOutputs } from '../../../jobs/job.ts';
import type { StoredJob } from '../../../jobs/store.ts';
import type { Collection } from '../collection.ts';
import type { Exchange } from './answer.ts';
import { send, sendDone, sendJson, sendProblem } from './answer.ts';
import type { createEvents } from './events.ts';
import { unchanged } from './problems.ts';

/** What a request is for, and what answers it. */
interface Asked extends Exchange {
  collection: Collection;
  events: ReturnType<typeof createEvents>;
  page: { html: string; policy: string };
  /** Behind the `?`. */
  query: string;
}

interface AskedJob extends Asked {
  stored: StoredJob;
  /** Of an output that the job has; 0 where the path names none. */
  index: number;
}

type Handle<Of> = (asked: Of) => unknown;

/** A path below the secret, and what answers a method there; HEAD is answered like GET. */
interface Route<Of> {
  path: RegExp;
  methods: Record<string, Handle<Of>>;
}

// An id of a record, and the index of an output. Nothing is decoded or resolved: what has a % or .. is no path here.
const [ID, INDEX] = ['([\\w-]{1,100})', '(\\d{1,3})'];
const path = (text: string) => new RegExp(`^${text.replace('ID', ID).replace('INDEX', INDEX)}$`);

const ROUTES: readonly Route<Asked>[] = [
  {
    path: path(''),
    methods: {
      GET: ({ page, ...exchange }) =>
        send(exchange, 200, page.html, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': page.policy,
        }),
    },
  },
  {
    path: path('jobs'),
    methods: { GET: async (asked) => sendJson(asked, 200, await asked.collection.list()) },
  },
  { path: path('events'), methods: { GET: (asked) => asked.events.add(asked) } },
];

const JOB_ROUTES: readonly Route<AskedJob>[] = [
  {
    path: path('jobs/ID'),
    methods: {
      GET: async (asked) => sendJson(asked, 200, await asked.collection.details(asked.stored)),
      async DELETE(asked) {
        if (await asked.collection.delete(asked.stored).catch(unchanged)) return sendDone(asked);
        const error = 'This job is still running. It can be deleted once it has ended.';
        sendProblem(asked, { status: 409, error });
      },
    },
  },
  {
    path: path('jobs/ID/favourite'),
    methods: {
      async PUT(asked) {
        await asked.collection.setFavourite(asked.stored.id, true).catch(unchanged);
        sendDone(asked);
      },
      async DELETE(asked) {
        await asked.collection.setFavourite(asked.stored.id, false).catch(unchanged);
        sendDone(asked);
      },
    },
  },
  {
    path: path('pictures/ID/INDEX'),
    methods: {
      async GET(asked) {
        const { stored, index, signal } = asked;
        const { data, mimeType } = await asked.collection.picture({ job: stored.job, index }, signal);
        send(asked, 200, data, { 'content-type': mimeType });
      },
    },
  },
  {
    path: path('originals/ID/INDEX'),
    methods: {
      GET: ({ stored: { job }, index, ...asked }) =>
        asked.collection.original(asked, { job, index }, asked.query === 'download'),
    },
  },
];

/** Answers a request by its path below the secret. Throws what reading and writing jobs and pictures throw. */
export async function answer(asked: Asked, path: string): Promise<unknown> {
  const route = ROUTES.find((one) => one.path.test(path));
  if (route) return handle(route, asked);
  for (const jobRoute of JOB_ROUTES) {
    const [found, id = '', place] = jobRoute.path.exec(path) ?? [];
    if (found === undefined) continue;
    const stored = await asked.collection.job(id);
    const index = Number(place ?? 0);
    if (!stored || (place !== undefined && index >= jobOutputs(stored.job).length)) break;
    return handle(jobRoute, { ...asked, stored, index });
  }
  sendProblem(asked, { status: 404, error: 'There is no such thing in the gallery any more.' });
}

function handle<Of extends Asked>({ methods }: Route<Of>, asked: Of): unknown {
  const { method = '' } = asked.request;
  const wanted = method === 'HEAD' ? 'GET' : method;
  // By its own names only: a method may be called `constructor`.
  if (Object.hasOwn(methods, wanted)) return methods[wanted]?.(asked);
  const allow = Object.keys(methods).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : name));
  sendProblem(asked, { status: 405, error: 'The gallery cannot do that.' }, { allow: allow.join(', ') });
}
