import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { AlteredReply, Fault, Route, SeenRequest } from '../../src/sandbox/faults.ts';
import { createRandom, seedOf } from '../support/random.ts';
import { chosen } from './switches.ts';

type What = Fault['what'] | (() => Fault['what']);
type Row = [name: string, on: Route, share: number, what: What, id?: 'tells_id'];
type Body = Record<string, unknown>;

const HTML = '<html><body><h1>Not now</h1></body></html>';
const AT_ONCE = { 'retry-after': '0' };
const JSON_TYPE = { 'content-type': 'application/json' };
const GZIP_TYPE = { ...JSON_TYPE, 'content-encoding': 'gzip' };
const TOO_LONG = { 'content-length': '4000', connection: 'close' };
const SHORT = { ...TOO_LONG, 'content-type': 'image/png' };
const ID = /"request_id":"[^"]+"/;
/** What a lying catalogue names instead of the model that was asked for. */
const OTHER_MODEL = 'openai/gpt-image-2/text-to-image';

/** It is done, and then answered so. */
const done = (status: number, body?: unknown, headers?: Record<string, string>): AlteredReply => ({
  done: true,
  status,
  ...(body !== undefined && { body }),
  ...(headers && { headers }),
});
const doneAs = (body: (own: Body) => unknown, headers: Record<string, string> = JSON_TYPE): AlteredReply => ({
  done: true,
  body,
  headers,
});
const text = (own: Body) => JSON.stringify(own);

// How long after the end of a job its output may be missing, in ms.
const OUTPUT_WITHIN = 5_000;

function withoutOutput({ output, ...own }: Body): Body {
  const isLate = Date.now() - Date.parse(String(own.finished_at)) > OUTPUT_WITHIN;
  return isLate ? { ...own, output } : own;
}

/**
 * What upstream does wrong, by name, and with which share of an endpoint's requests; what is left over goes well.
 * Left out is what the submit rule believes: a 429 without an id and a 503 with RunComfy's own number say "not
 * processed", as does every other 4xx than 408, 409 and 425; nobody could tell a lie there. `tells_id`: the whole
 * request id is in what goes out, so the job must not be given up as unknown.
 */
const FAULTS: readonly Row[] = [
  ['reset', 'submit', 0.03, 'before'],
  ['done_reset', 'submit', 0.03, 'after'],
  ['cut', 'submit', 0.02, 'cut', 'tells_id'],
  ['cut_after_id', 'submit', 0.02, { cutAfter: ID }, 'tells_id'],
  ['length_too_long', 'submit', 0.01, done(200, undefined, TOO_LONG), 'tells_id'],
  ['length_too_short', 'submit', 0.01, done(200, undefined, { 'content-length': '60' }), 'tells_id'],
  ['bom', 'submit', 0.01, doneAs((own) => `\ufeff${text(own)}`), 'tells_id'],
  ['gzip', 'submit', 0.01, doneAs((own) => gzipSync(text(own)), GZIP_TYPE), 'tells_id'],
  ['odd_id', 'submit', 0.01, doneAs((own) => ({ ...own, request_id: `req:${own.request_id}` }))],
  ['empty_200', 'submit', 0.02, { status: 200, body: {} }],
  ['402', 'submit', 0.02, { status: 402, body: {} }],
  ['429', 'submit', 0.03, { status: 429, body: {}, headers: AT_ONCE }],
  ['502', 'submit', 0.02, { status: 502, body: HTML }],
  ['502_strange_id', 'submit', 0.01, () => ({ status: 502, body: { request_id: randomUUID() } })],
  ['done_408', 'submit', 0.01, done(408, { error_code: 10001 })],
  ['done_409_id', 'submit', 0.01, done(409), 'tells_id'],
  ['done_425', 'submit', 0.01, done(425, {}, AT_ONCE)],
  ['done_429_id', 'submit', 0.01, done(429, undefined, AT_ONCE), 'tells_id'],
  ['done_500', 'submit', 0.01, done(500, { error_code: 500001 })],
  ['done_500_id', 'submit', 0.01, done(500), 'tells_id'],
  ['done_502', 'submit', 0.01, done(502, HTML)],
  ['done_502_id', 'submit', 0.01, done(502), 'tells_id'],
  ['done_503', 'submit', 0.01, done(503, {}, AT_ONCE)],
  ['done_503_list', 'submit', 0.01, done(503, [], AT_ONCE)],
  ['done_503_message', 'submit', 0.01, done(503, { message: 'no healthy upstream' }, AT_ONCE)],
  ['done_503_10001', 'submit', 0.01, done(503, { code: 10001 }, AT_ONCE)],
  ['done_503_id', 'submit', 0.01, done(503, undefined, AT_ONCE), 'tells_id'],
  ['done_504', 'submit', 0.01, done(504, HTML)],
  ['done_504_10001', 'submit', 0.01, done(504, { code: 10001 })],
  ['done_504_id', 'submit', 0.01, done(504), 'tells_id'],

  ['status_reset', 'status', 0.08, 'after'],
  ['status_503', 'status', 0.08, { status: 503, body: { message: 'busy' } }],
  ['status_html_404', 'status', 0.04, { status: 404, body: HTML }],
  ['status_json_404', 'status', 0.04, { status: 404, body: { detail: 'Not Found' } }],
  ['result_cut', 'result', 0.08, 'cut'],
  ['result_500', 'result', 0.08, { status: 500, body: '<html>' }],
  ['result_html_404', 'result', 0.04, { status: 404, body: HTML }],
  ['result_json_404', 'result', 0.04, { status: 404, body: { detail: 'Not Found' } }],
  ['no_output_yet', 'result', 0.1, doneAs(withoutOutput)],
  ['cancel_reset', 'cancel', 0.15, 'after'],
  ['cancel_html_404', 'cancel', 0.15, done(404, HTML)],

  ['output_reset', 'output', 0.05, 'before'],
  ['output_404', 'output', 0.1, { status: 404, body: HTML }],
  ['output_503', 'output', 0.05, { status: 503, body: HTML }],
  ['output_short', 'output', 0.05, { status: 200, body: '\x89PNG\r\n\x1a\n', headers: SHORT }],

  ['wrong_model', 'model', 0.3, doneAs((own) => ({ ...own, model_id: OTHER_MODEL }))],
  ['lying_total', 'models', 0.3, doneAs((own) => ({ ...own, total: 1e6 }))],
];

/** That a fault hit a request. */
export interface Hit {
  name: string;
  request: SeenRequest;
  tellsId: boolean;
}

/**
 * Chooses the fault of a request by the seed, by what the request is about and by how many there were before, so that
 * a seed repeats the choices whatever the machine's load does to their order. `CHAOS_FAULTS` switches faults on and off.
 */
export function createFaultChoice(
  seed: number,
  about: (request: SeenRequest) => string,
  onHit: (hit: Hit) => void,
) {
  const names = chosen(
    'CHAOS_FAULTS',
    FAULTS.map(([name]) => name),
  );
  const before = new Map<string, number>();

  return (route: Route, request: SeenRequest): Fault['what'] | undefined => {
    const subject = `${seed} ${route} ${about(request)}`;
    const nth = before.get(subject) ?? 0;
    before.set(subject, nth + 1);
    let roll = createRandom(seedOf(`${subject} ${nth}`))();
    const row = FAULTS.filter(([, on]) => on === route).find(([, , share]) => {
      roll -= share;
      return roll < 0;
    });
    if (!row || !names.has(row[0])) return undefined;
    const [name, , , what, id] = row;
    onHit({ name, request, tellsId: id !== undefined });
    return typeof what === 'function' ? what() : what;
  };
}
