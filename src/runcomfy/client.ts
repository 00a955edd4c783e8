import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import { type CatalogueEntry, readEntries, readEntry } from './entries.ts';
import type { Asked } from './errors.ts';
import type { Call, Http } from './http.ts';
import { createRetryBudget, sendWithRetry } from './read.ts';
import {
  MODEL_ID,
  NOT_FINISHED,
  REQUEST_ID,
  type ReadReply,
  type ResultReply,
  readBalance,
  readCancel,
  readResult,
  readStatus,
  type StatusReply,
} from './replies.ts';
import { MAX_TEXT } from './sanitize.ts';
import { createSubmit, type Submitted } from './submit.ts';

/** The RunComfy Model API, one method per endpoint. All throw ToolError; reads also throw their signal's reason. */
export interface RunComfy {
  /**
   * `POST /v1/models/{model_id}`: paid. Never aborted, never repeated unless certainly unprocessed. `maySend` is asked
   * right before every try; where it says no, or the first byte is not out 2 s later, that try is not sent.
   */
  submit(
    modelId: string,
    input: Record<string, unknown>,
    maySend?: () => Promise<boolean>,
  ): Promise<Submitted>;
  /** `GET /v1/requests/{id}/status`. Throws `unknown_request` only on RunComfy's own 404001, as do `result` and `cancel`. */
  status(requestId: string, signal?: AbortSignal): Promise<StatusReply>;
  /** `GET /v1/requests/{id}/result`; `not_finished` where the service refuses to tell the state of an unfinished job. */
  result(requestId: string, signal?: AbortSignal): Promise<ResultReply | 'not_finished'>;
  /** `POST /v1/requests/{id}/cancel`. Safe to repeat; where its signal aborts, it may have been processed. */
  cancel(requestId: string, signal?: AbortSignal): Promise<'cancelled' | 'not_cancellable'>;
  /** Account balance in USD, from the account API that belongs to the public service. */
  balance(signal?: AbortSignal): Promise<number>;
  /** `GET /v1/models`: a page of the catalogue with schemas. `seen` counts what the page held, readable or not. */
  models(query: ModelsQuery): Promise<{ models: CatalogueEntry[]; seen: number; total: number }>;
  /** `GET /v1/models/{model_id}`. Throws `unknown_model`. */
  model(modelId: string, signal?: AbortSignal): Promise<CatalogueEntry>;
}

/** What is asked of the catalogue; `limit` is 1 to 500. */
export interface ModelsQuery {
  search?: string;
  category?: string;
  limit?: number;
  offset?: number;
  signal?: AbortSignal;
}

/** What the client is built from; `key` is asked at every call, so that a later login is found. It throws `no_key`. */
export interface RunComfyOptions {
  baseUrl: string;
  balanceUrl: string;
  key: () => Promise<string>;
  redact: (text: string) => string;
  http: Http;
  clock: Clock;
  random: () => number;
}

export function createRunComfy(options: RunComfyOptions): RunComfy {
  const { http, clock, random, redact } = options;
  const { host } = new URL(options.baseUrl);
  const budget = createRetryBudget();
  const requestUrl = (id: string, last: string) => {
    if (!REQUEST_ID.test(id)) throw malformedId(id);
    return new URL(`${options.baseUrl}/v1/requests/${id}/${last}`);
  };
  const modelUrl = (id: string) => {
    if (!MODEL_ID.test(id)) throw malformedModelId(id);
    return new URL(`${options.baseUrl}/v1/models/${id.split('/').map(encodeURIComponent).join('/')}`);
  };
  const call = async (
    method: Call['method'],
    url: URL,
    rest: Pick<Call, 'body' | 'signal' | 'isPaid' | 'permit'> = {},
  ) => {
    const key = await options.key();
    return http.send({ method, url, key, ...rest });
  };
  const read = (
    asked: Exclude<Asked, 'submit'>,
    url: URL,
    signal?: AbortSignal,
    accept?: (reply: ReadReply) => boolean,
  ) =>
    sendWithRetry(asked, () => call('GET', url, { signal }), {
      clock,
      random,
      redact,
      host: url.host,
      budget,
      signal,
      ...(accept && { accept }),
    });

  return {
    submit: createSubmit(modelUrl, (url, rest) => call('POST', url, rest), { clock, random, redact, host }),
    async status(requestId, signal) {
      const reply = await read('job', requestUrl(requestId, 'status'), signal);
      return readStatus(reply.json) ?? unexpectedReply('status');
    },
    async result(requestId, signal) {
      const url = requestUrl(requestId, 'result');
      url.searchParams.set('include_cost', 'true');
      const reply = await read('job', url, signal, (seen) => seen.number === NOT_FINISHED);
      if (reply.number === NOT_FINISHED) return 'not_finished';
      return cleanResult(readResult(reply.json) ?? unexpectedReply('result'), redact);
    },
    async cancel(requestId, signal) {
      const url = requestUrl(requestId, 'cancel');
      const reply = await sendWithRetry('job', () => call('POST', url, { signal }), {
        clock,
        random,
        redact,
        host,
        budget,
        signal,
      });
      return readCancel(reply.json) ?? unexpectedReply('cancel');
    },
    async balance(signal) {
      const reply = await read('balance', new URL(options.balanceUrl), signal);
      return readBalance(reply.json) ?? unexpectedReply('balance');
    },
    async models({ signal, ...query }) {
      const url = new URL(`${options.baseUrl}/v1/models`);
      url.searchParams.set('include_schema', 'true');
      for (const [name, value] of Object.entries(query))
        if (value !== undefined) url.searchParams.set(name, String(value));
      const reply = await read('catalogue', url, signal);
      const { models, seen, total } = readEntries(reply.json) ?? unexpectedReply('catalogue');
      return { models, seen, total: total ?? (query.offset ?? 0) + seen };
    },
    async model(modelId, signal) {
      const reply = await read('model', modelUrl(modelId), signal);
      const entry = readEntry(reply.json) ?? unexpectedReply('model');
      if (entry.model_id !== modelId) throw anotherModel(modelId, entry.model_id);
      return entry;
    },
  };
}

/** A result as it may be recorded and shown. */
function cleanResult(seen: ResultReply, redact: (text: string) => string): ResultReply {
  const { urls, error, model } = seen;
  return {
    ...seen,
    urls: urls.map(redact),
    // A key that a cut went through would not be found any more.
    ...(error !== undefined && { error: redact(error).slice(0, MAX_TEXT) }),
    ...(model !== undefined && { model: redact(model) }),
  };
}

function malformedId(id: string): ToolError {
  return new ToolError(
    'invalid_input',
    `request_id ${JSON.stringify(id.slice(0, 40))} is not a request id: those have 1 to 128 letters, digits, "-" and "_".`,
    {
      next: 'Use a request_id from an earlier answer or from list_image_jobs.',
    },
  );
}

function malformedModelId(id: string): ToolError {
  return new ToolError('invalid_input', `${JSON.stringify(id.slice(0, 80))} is not a model id.`, {
    next: 'Model ids look like openai/gpt-image-2/text-to-image: find_image_models lists them.',
  });
}

/** What is read of a model is shown, checked against and paid for under the id that was asked for. */
function anotherModel(asked: string, told: string): ToolError {
  return new ToolError(
    'service_error',
    `RunComfy's catalogue answered for ${asked} with another model, ${told}.`,
    { next: `If ${told} is what you want, call again with that id.` },
  );
}

function unexpectedReply(what: string): never {
  throw new ToolError('service_error', `RunComfy's ${what} answer could not be understood.`, {
    next: 'Call again in a minute.',
    retryable: true,
  });
}
