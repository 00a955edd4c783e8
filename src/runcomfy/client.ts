import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import { type CatalogueEntry, readEntries, readEntry } from './catalogue-entry.ts';
import type { Operation } from './errors.ts';
import type { Http, HttpRequest } from './http.ts';
import * as replies from './replies.ts';
import { createRetry } from './retry.ts';
import { MAX_TEXT, type Redact } from './sanitize.ts';
import { createSubmit } from './submit.ts';

/** The RunComfy Model API, one method per endpoint. All throw ToolError; all but `submit` also their signal's reason. */
export type RunComfy = ReturnType<typeof createRunComfy>;

/** Makes a client; `key` is asked at every request, so that a later login is found, and throws `no_key`. */
export function createRunComfy(options: {
  baseUrl: string;
  balanceUrl: string;
  key: () => Promise<string>;
  redact: Redact;
  /** What to do about a refused key that is not the user's own. */
  refusedAdvice?: string | undefined;
  http: Http;
  clock: Clock;
  random: () => number;
}) {
  const { baseUrl, redact } = options;
  const send = async (request: Omit<HttpRequest, 'key'>) =>
    options.http.send({ ...request, key: await options.key() });
  const sendWithRetry = createRetry(send, options);
  const get = async (operation: Operation, url: URL, signal?: AbortSignal) =>
    (await sendWithRetry(operation, { method: 'GET', url, signal })).json;
  const requestUrl = (id: string, endpoint: string) => {
    if (!replies.REQUEST_ID.test(id)) throw malformedRequestId(id);
    return new URL(`${baseUrl}/v1/requests/${id}/${endpoint}`);
  };
  const modelUrl = (id: string) => {
    if (!replies.MODEL_ID.test(id)) throw malformedModelId(id);
    return new URL(`${baseUrl}/v1/models/${id.split('/').map(encodeURIComponent).join('/')}`);
  };

  return {
    /**
     * `POST /v1/models/{model_id}`: paid. Never aborted, never repeated unless certainly unprocessed. `maySend` is asked
     * right before every try; that try is not sent if the answer is no, or if the first byte has not left within 2 s.
     */
    submit: createSubmit(modelUrl, send, options),
    /** `GET /v1/requests/{id}/status`. Throws `unknown_request` only on RunComfy's own 404001, as do `result` and `cancel`. */
    async status(requestId: string, signal?: AbortSignal): Promise<replies.StatusReply> {
      const json = await get('job', requestUrl(requestId, 'status'), signal);
      return replies.readStatus(json) ?? unexpectedReply('status');
    },
    /** `GET /v1/requests/{id}/result`; `not_finished` if the service refuses to tell the state of an unfinished job. */
    async result(requestId: string, signal?: AbortSignal): Promise<replies.ResultReply | 'not_finished'> {
      const reply = await sendWithRetry('job', {
        method: 'GET',
        url: requestUrl(requestId, 'result?include_cost=true'),
        signal,
        accept: ({ number }) => number === replies.NOT_FINISHED,
      });
      if (reply.number === replies.NOT_FINISHED) return 'not_finished';
      const result = replies.readResult(reply.json) ?? unexpectedReply('result');
      const { urls, error, model } = result;
      return {
        ...result,
        urls: urls.map(redact),
        // Redacted first: a key that the cut went through would not be found any more.
        error: error && redact(error).slice(0, MAX_TEXT),
        model: model && redact(model),
      };
    },
    /** `POST /v1/requests/{id}/cancel`. Safe to repeat; may have been processed even if its signal aborts. */
    async cancel(requestId: string, signal?: AbortSignal): Promise<'cancelled' | 'not_cancellable'> {
      const url = requestUrl(requestId, 'cancel');
      const { json } = await sendWithRetry('job', { method: 'POST', url, signal });
      return replies.readCancel(json) ?? unexpectedReply('cancel');
    },
    /** Account balance in USD, from the account API that belongs to the public service. */
    async balance(signal?: AbortSignal): Promise<number> {
      const json = await get('balance', new URL(options.balanceUrl), signal);
      return replies.readBalance(json) ?? unexpectedReply('balance');
    },
    /** `GET /v1/models`: a page of the catalogue with schemas. `seen` counts what the page held, readable or not. */
    async models(query: { limit: number; offset: number; signal?: AbortSignal | undefined }) {
      const { limit, offset, signal } = query;
      const url = new URL(`${baseUrl}/v1/models?include_schema=true&limit=${limit}&offset=${offset}`);
      const page = readEntries(await get('catalogue', url, signal)) ?? unexpectedReply('catalogue');
      return { ...page, total: page.total ?? offset + page.seen };
    },
    /** `GET /v1/models/{model_id}`. Throws `unknown_model`. */
    async model(modelId: string, signal?: AbortSignal): Promise<CatalogueEntry> {
      const entry = readEntry(await get('model', modelUrl(modelId), signal)) ?? unexpectedReply('model');
      // What is read of a model is shown, checked against and paid for under the id that was asked for.
      if (entry.model_id !== modelId) throw otherModel(modelId, entry.model_id);
      return entry;
    },
  };
}

function malformedRequestId(id: string): ToolError {
  return new ToolError(
    'invalid_input',
    `request_id ${JSON.stringify(id.slice(0, 40))} is not a request id: those have 1 to 128 letters, digits, "-" and "_".`,
    { next: 'Use a request_id from an earlier answer or from list_image_jobs.' },
  );
}

function malformedModelId(id: string): ToolError {
  return new ToolError('invalid_input', `${JSON.stringify(id.slice(0, 80))} is not a model id.`, {
    next: 'Model ids look like openai/gpt-image-2/text-to-image: find_image_models lists them.',
  });
}

function otherModel(wanted: string, found: string): ToolError {
  return new ToolError(
    'service_error',
    `RunComfy's catalogue answered for ${wanted} with another model, ${found}.`,
    { next: `If ${found} is what you want, call again with that id.` },
  );
}

function unexpectedReply(what: string): never {
  throw new ToolError('service_error', `RunComfy's ${what} answer could not be understood.`, {
    next: 'Call again in a minute.',
    retryable: true,
  });
}
