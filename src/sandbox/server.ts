import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BALANCE_PATH, type Config } from '../config.ts';
import { CATALOGUE, inputProblems } from './catalogue.ts';
import { createEngine, type Engine, type EngineOptions, type SandboxJob } from './engine.ts';
import { createFaults, type Fault, type Reply, type Route, sendThrough } from './faults.ts';
import { pictureFor } from './format.ts';

/** A request as the sandbox saw it, for tests. */
export interface SeenRequest {
  route: Route;
  path: string;
  body: unknown;
  authorization: string | undefined;
}

/** An imitation of RunComfy on loopback: its paths, JSON, status codes and quirks, and real pictures. */
export interface Sandbox {
  readonly origin: string;
  readonly engine: Engine;
  readonly requests: readonly SeenRequest[];
  inject(fault: Fault): void;
  /** Asks for the fault of every request that no injected one hits. */
  failAtRandom(choose: (route: Route) => Fault['what'] | undefined): void;
  close(): Promise<void>;
}

export interface SandboxOptions extends Partial<EngineOptions> {
  /** The one key that is accepted; any is without it. */
  key?: string;
  /** Does not keep the process alive by itself. */
  unref?: boolean;
}

const SANDBOX_KEY = 'sandbox-key';
const FIRST_BALANCE = 5;
// RunComfy publishes prices for one of the five models only; the others' results tell no cost here.
const PRICED = 'openai/gpt-image-1-5/image-to-image';
const PRICES: Record<string, number> = { low: 0.009, medium: 0.034, high: 0.133 };

/** Starts a sandbox inside this process and points a config at it; a real key never goes there. */
export async function sandboxed(config: Config): Promise<Config> {
  const { origin } = await startSandbox({ key: SANDBOX_KEY, unref: true });
  return {
    ...config,
    baseUrl: origin,
    balanceUrl: origin + BALANCE_PATH,
    key: { value: SANDBOX_KEY, from: 'the sandbox' },
  };
}

export async function startSandbox({
  key,
  unref,
  now = Date.now,
  ...rest
}: SandboxOptions = {}): Promise<Sandbox> {
  const engine = createEngine({ now, ...rest });
  const faults = createFaults();
  const requests: SeenRequest[] = [];

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const route = routeOf(request.method, url.pathname);
    const text = await readBody(request);
    if (!route) return sendThrough(undefined, { status: 404, body: { detail: 'Not Found' } }, response);
    if (route === 'output') return sendPicture(url.pathname, response);
    const { authorization } = request.headers;
    requests.push({ route, path: url.pathname, body: parse(text), authorization });
    const what = faults.take(route);
    if (what === 'before') return void response.destroy();
    if (typeof what === 'object' && 'stall' in what) await what.stall;
    if (typeof what === 'object' && 'status' in what) return sendThrough(undefined, what, response);
    return sendThrough(what, answer(route, url, text, authorization), response);
  }

  function answer(route: Route, url: URL, text: string, authorization: string | undefined): Reply {
    const given = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
    if (given === undefined || (key !== undefined && given !== key)) {
      return {
        status: 401,
        body: { error_code: 400004, error_message: 'API key is missing, expired or inactive' },
      };
    }
    if (route === 'balance') return balance();
    if (route === 'submit') return submit(modelId(url), parse(text));
    const job = engine.find(url.pathname.split('/')[3] ?? '');
    if (!job) return { status: 404, body: { error_code: 404001, error_message: 'request not found' } };
    if (route === 'status') return status(job);
    if (route === 'cancel') return cancel(job);
    return result(job, url.searchParams.get('include_cost') === 'true');
  }

  function submit(model: string, input: unknown): Reply {
    const schema = CATALOGUE[model];
    if (!schema)
      return { status: 404, body: { error_code: 400001, error_message: `unknown model ${model}` } };
    if (!input || typeof input !== 'object')
      return { status: 400, body: { detail: 'the body is not a JSON object' } };
    const problems = inputProblems(schema, input as Record<string, unknown>);
    if (problems.length > 0) return { status: 422, body: { error_code: 422001, detail: problems } };
    const job = engine.submit(model, input as Record<string, unknown>);
    return {
      status: 200,
      body: { request_id: job.id, ...links(job), cancel_url: `${origin}/v1/requests/${job.id}/cancel` },
    };
  }

  function status(job: SandboxJob): Reply {
    const state = engine.state(job);
    // As RunComfy does, /status calls a job completed that /result calls failed.
    const word = state === 'succeeded' || state === 'failed' ? 'completed' : state;
    const queue_position = engine.position(job) ?? null;
    return {
      status: 200,
      body: { request_id: job.id, status: job.plan.words[word] ?? word, queue_position, ...links(job) },
    };
  }

  function result(job: SandboxJob, withCost: boolean): Reply {
    const state = engine.state(job);
    if (job.plan.resultRefused && (state === 'in_queue' || state === 'in_progress')) {
      return { status: 400, body: { error_code: 400005, error_message: 'request is not completed' } };
    }
    const body = {
      request_id: job.id,
      status: job.plan.words[state] ?? state,
      created_at: new Date(job.submittedAt).toISOString(),
      model_id: job.model,
      ...(job.endsAt !== undefined && { finished_at: new Date(job.endsAt).toISOString() }),
      ...(state === 'failed' && { error: job.plan.error }),
      ...(state === 'succeeded' && {
        output: job.plan.output ?? output(job),
        ...(withCost && { cost: price(job) }),
      }),
    };
    return { status: 200, body };
  }

  function cancel(job: SandboxJob): Reply {
    const outcome = engine.cancel(job) ? 'cancelled' : 'not_cancellable';
    return { status: 202, body: { request_id: job.id, status: engine.state(job), outcome } };
  }

  function balance(): Reply {
    const spent = engine.jobs
      .filter((job) => engine.state(job) === 'succeeded')
      .reduce((sum, job) => sum + (price(job) ?? 0), 0);
    const usd = Math.round((FIRST_BALANCE - spent) * 1e6) / 1e6;
    return {
      status: 200,
      body: { balance_usd: usd, balance_microdollars: Math.round(usd * 1e6), currency: 'USD' },
    };
  }

  /** gpt-image-2 answers with `images` even for one picture, the others with `image`. */
  function output(job: SandboxJob): unknown {
    const url = `${origin}/outputs/${job.id}/image.${pictureFor(job.input).format}`;
    return job.model.includes('gpt-image-2') ? { images: [url] } : { image: url };
  }

  const links = (job: SandboxJob) => ({
    status_url: `${origin}/v1/requests/${job.id}/status`,
    result_url: `${origin}/v1/requests/${job.id}/result`,
  });

  async function sendPicture(path: string, response: ServerResponse): Promise<void> {
    const job = engine.find(path.split('/')[2] ?? '');
    if (!job || engine.state(job) !== 'succeeded') return void response.writeHead(404).end();
    const request = pictureFor(job.input);
    const { drawPicture } = await import('./picture/picture.ts');
    const picture = await drawPicture(request);
    response
      .writeHead(200, { 'content-type': `image/${request.format}`, 'content-length': picture.length })
      .end(picture);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(String(error?.message ?? error));
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  if (unref) server.unref();
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    origin,
    engine,
    requests,
    inject: faults.inject,
    failAtRandom: faults.failAtRandom,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function price(job: SandboxJob): number | undefined {
  return job.model === PRICED ? PRICES[String(job.input.quality ?? 'high')] : undefined;
}

function modelId(url: URL): string {
  return url.pathname.slice('/v1/models/'.length).split('/').map(decodeURIComponent).join('/');
}

function routeOf(method: string | undefined, path: string): Route | undefined {
  if (method === 'POST' && path.startsWith('/v1/models/')) return 'submit';
  const request = /^\/v1\/requests\/[^/]+\/(status|result|cancel)$/.exec(path)?.[1] as Route | undefined;
  if (request) return (method === 'POST') === (request === 'cancel') ? request : undefined;
  if (method !== 'GET') return undefined;
  if (path === BALANCE_PATH) return 'balance';
  return path.startsWith('/outputs/') ? 'output' : undefined;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
