import { BALANCE_PATH } from '../config/config.ts';
import type { Engine, SandboxJob } from './engine.ts';
import type { Route, SandboxReply } from './faults.ts';
import { countOf, secondsOf, withDefaults } from './format.ts';
import { inputProblems } from './models/check.ts';
import { CATALOGUE, cataloguePage } from './models/index.ts';
import { outputOf } from './outputs.ts';

const INITIAL_BALANCE_USD = 5;
// RunComfy's newest client sends no larger body.
const MAX_BODY_BYTES = 64 << 20;
// This model is priced by quality, the others by their base price; without one a result reports no cost.
const PRICED_BY_QUALITY = 'openai/gpt-image-1-5/image-to-image';
const PRICES: Record<string, number> = { low: 0.009, medium: 0.034, high: 0.133 };

/** RunComfy's endpoints on top of an engine, as its API documentation and its clients describe them. */
export function createApi(engine: Engine, isKey: (given: string) => boolean, origin: () => string) {
  function answer(route: Route, url: URL, text: string, authorization: string | undefined): SandboxReply {
    const given = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
    if (given === undefined || !isKey(given)) {
      return {
        status: 401,
        body: { error_code: 400004, error_message: 'API key is missing, expired or inactive' },
      };
    }
    if (route === 'balance') return balance();
    if (route === 'models') return { status: 200, body: cataloguePage(url.searchParams) };
    if (route === 'model') {
      const model = CATALOGUE.get(modelId(url));
      return model ? { status: 200, body: model.published } : unknownModel(modelId(url));
    }
    if (route === 'submit') {
      if (text.length > MAX_BODY_BYTES) return { status: 413, body: { detail: 'Request Entity Too Large' } };
      return submit(modelId(url), parseJson(text));
    }
    const job = engine.find(url.pathname.split('/')[3] ?? '');
    if (!job) return { status: 404, body: { error_code: 404001, error_message: 'request not found' } };
    if (route === 'status') return status(job);
    if (route === 'cancel') return cancel(job);
    return result(job, url.searchParams.get('include_cost') === 'true');
  }

  function submit(model: string, input: unknown): SandboxReply {
    const schema = CATALOGUE.get(model)?.published.input_schema;
    if (!schema) return unknownModel(model);
    if (!input || typeof input !== 'object')
      return { status: 400, body: { detail: 'the body is not a JSON object' } };
    if (balanceUsd() <= 0)
      return { status: 402, body: { error_code: 400002, error_message: 'no balance left' } };
    const problems = inputProblems(schema, input as Record<string, unknown>);
    if (problems.length > 0) return { status: 422, body: { error_code: 422001, detail: problems } };
    const job = engine.submit(
      model,
      input as Record<string, unknown>,
      withDefaults(input as Record<string, unknown>, schema),
    );
    return {
      status: 200,
      body: { request_id: job.id, ...links(job), cancel_url: `${origin()}/v1/requests/${job.id}/cancel` },
    };
  }

  function status(job: SandboxJob): SandboxReply {
    const state = engine.state(job);
    // As at RunComfy, /status says `completed` for a job that /result calls `failed`.
    const word = state === 'succeeded' || state === 'failed' ? 'completed' : state;
    const queue_position = engine.position(job) ?? null;
    return {
      status: 200,
      body: { request_id: job.id, status: job.plan.words[word] ?? word, queue_position, ...links(job) },
    };
  }

  function result(job: SandboxJob, withCost: boolean): SandboxReply {
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
        output: job.plan.output ?? outputOf(job, origin()),
        ...(withCost && engine.reportsCost(job) && { cost: price(job) }),
      }),
    };
    return { status: 200, body };
  }

  function cancel(job: SandboxJob): SandboxReply {
    const outcome = engine.cancel(job) ? 'cancelled' : 'not_cancellable';
    return { status: 202, body: { request_id: job.id, status: engine.state(job), outcome } };
  }

  /** The initial balance less the cost of every job that succeeded. */
  function balanceUsd(): number {
    // The state last: asking for it starts jobs that are due, which is slow for thousands at once.
    const spent = engine.jobs
      .map((job) => ({ job, usd: price(job) ?? 0 }))
      .filter(({ job, usd }) => usd > 0 && engine.state(job) === 'succeeded')
      .reduce((sum, { usd }) => sum + usd, 0);
    return Math.round((INITIAL_BALANCE_USD - spent) * 1e6) / 1e6;
  }

  function balance(): SandboxReply {
    const usd = balanceUsd();
    return {
      status: 200,
      body: { balance_usd: usd, balance_microdollars: Math.round(usd * 1e6), currency: 'USD' },
    };
  }

  const links = (job: SandboxJob) => ({
    status_url: `${origin()}/v1/requests/${job.id}/status`,
    result_url: `${origin()}/v1/requests/${job.id}/result`,
  });

  return { answer };
}

/** What a job costs, in USD: the base price is per output, or per second of video. */
function price({ model, plan, effective }: SandboxJob): number | undefined {
  if (plan.costUsd !== undefined) return plan.costUsd;
  const { base_price_usd, price_unit } = CATALOGUE.get(model)?.published ?? {};
  const each = model === PRICED_BY_QUALITY ? PRICES[String(effective.quality)] : base_price_usd;
  const units = price_unit === 'second' ? secondsOf(effective) : countOf(effective);
  return each === undefined ? undefined : Math.round(each * units * 1e6) / 1e6;
}

function unknownModel(id: string): SandboxReply {
  return { status: 404, body: { error_code: 400001, error_message: `unknown model ${id}` } };
}

function modelId(url: URL): string {
  return url.pathname.slice('/v1/models/'.length).split('/').map(decodeURIComponent).join('/');
}

/** The endpoint of a request, or undefined where RunComfy has none. */
export function routeOf(method: string | undefined, path: string): Route | undefined {
  if (method === 'POST' && path.startsWith('/v1/models/')) return 'submit';
  const request = /^\/v1\/requests\/[^/]+\/(status|result|cancel)$/.exec(path)?.[1] as Route | undefined;
  if (request) return (method === 'POST') === (request === 'cancel') ? request : undefined;
  if (method !== 'GET') return undefined;
  if (path === BALANCE_PATH) return 'balance';
  if (path === '/v1/models') return 'models';
  if (path.startsWith('/v1/models/')) return 'model';
  return path.startsWith('/outputs/') ? 'output' : undefined;
}

/** The JSON of a body, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
