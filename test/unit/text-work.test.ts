import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseHostName } from '../../src/config/address.ts';
import { readKey } from '../../src/config/placeholders.ts';
import { didYouMean } from '../../src/did-you-mean.ts';
import { ToolError } from '../../src/errors.ts';
import { candidates, rootFolders } from '../../src/images/folders/allowed-folders.ts';
import { createFileReader } from '../../src/images/folders/local-file.ts';
import { absolutePath, isHidden, isWithin } from '../../src/images/folders/paths.ts';
import { safeRoots } from '../../src/images/folders/safe-roots.ts';
import { createFolderOpener } from '../../src/images/folders/writable-folder.ts';
import { describeNonImage, describeUnknown, sniffMedia } from '../../src/images/media-type.ts';
import { createReferenceReader, urlProblem } from '../../src/images/references/references.ts';
import { checkName, fileStem, splitName } from '../../src/images/saving/file-name.ts';
import { isPrivateHost, isTrustedOutput } from '../../src/images/trust.ts';
import { parseBatch, parseHandle } from '../../src/jobs/handle.ts';
import type { Job } from '../../src/jobs/job.ts';
import { ApprovalNeeded } from '../../src/jobs/spending/approval.ts';
import { costInputs } from '../../src/jobs/spending/cost-inputs.ts';
import { waitBudget, waitEnd } from '../../src/mcp/hosts.ts';
import { outgoing } from '../../src/mcp/outgoing.ts';
import { fillIn } from '../../src/mcp/prompts/prompts.ts';
import { SKILLS } from '../../src/mcp/prompts/skills.ts';
import { createGuards } from '../../src/mcp/transports/http/guards.ts';
import { isTooComplex } from '../../src/mcp/transports/http/json-size.ts';
import type { Catalogue } from '../../src/models/catalogue.ts';
import { cleanEntry } from '../../src/models/clean-entry.ts';
import { cleanInput, isFieldName } from '../../src/models/clean-input.ts';
import { modelFromSchema, requiredInputs } from '../../src/models/from-schema.ts';
import { matcher } from '../../src/models/pinned.ts';
import { callPrice, priceText } from '../../src/models/price.ts';
import { readableName } from '../../src/models/readable-name.ts';
import { schemaChanges } from '../../src/models/schema-changes.ts';
import { nearestIds, search } from '../../src/models/search.ts';
import { mediaKindOf, synonymsOf } from '../../src/models/tasks.ts';
import { readEntry } from '../../src/runcomfy/catalogue-entry.ts';
import { serviceError } from '../../src/runcomfy/errors.ts';
import { bodyText } from '../../src/runcomfy/http.ts';
import { outputsOf, webUrl } from '../../src/runcomfy/outputs.ts';
import {
  amountOf,
  dateOf,
  MODEL_ID,
  messageOf,
  numberOf,
  REQUEST_ID,
  readReply,
  readResult,
  wordOf,
} from '../../src/runcomfy/replies.ts';
import { findRequestId } from '../../src/runcomfy/request-id.ts';
import { createRedactor, excerpt, quoteUntrusted, shorten } from '../../src/runcomfy/sanitize.ts';
import { replyVerdict } from '../../src/runcomfy/submit.ts';
import { saysUnsafe } from '../../src/runcomfy/unsafe.ts';
import { createPictureLinks } from '../../src/service/picture-links.ts';
import { tenantFolder } from '../../src/service/surface.ts';
import { tenantWords } from '../../src/service/tenant-words.ts';
import { bearerOf } from '../../src/tenants/challenge.ts';
import { isTenantName, parseTenants } from '../../src/tenants/tenants-file.ts';
import { jobFilter } from '../../src/tools/list-image-jobs.ts';
import { readModelId } from '../../src/tools/support/any-model.ts';
import { approvalQuestion } from '../../src/tools/support/approval-words.ts';
import { inputProblems, readArguments } from '../../src/tools/support/arguments.ts';
import { createProblems } from '../../src/tools/support/batch/problems.ts';
import { otherRow } from '../../src/tools/support/batch/words.ts';
import { errorText } from '../../src/tools/support/error-text.ts';
import { type HandleServices, isHandle, resolveHandle } from '../../src/tools/support/handles.ts';
import { jobResult } from '../../src/tools/support/job-result.ts';
import { jobLine } from '../../src/tools/support/job-words.ts';
import { createLast } from '../../src/tools/support/last.ts';
import { withLiveSchema } from '../../src/tools/support/live-schema.ts';
import { checkedNames } from '../../src/tools/support/names.ts';
import { peeked } from '../../src/tools/support/peek/peeked.ts';
import { isSameInput } from '../../src/tools/support/peek/same-input.ts';
import { requestId } from '../../src/tools/support/schema.ts';
import { shownSchema } from '../../src/tools/support/shown-schema.ts';
import { toolNames } from '../../src/tools/support/tool-names.ts';
import { REMOTE } from '../support/surface.ts';

const HERE = { folders: ['/dev/null'], homeDir: '/nonexistent' };
const redact = createRedactor(() => ['key-123456', 'a"b<c']);
const clean = (text: string, max?: number) => quoteUntrusted(text, { redact, max });
const job: Job = { model: 'a/b', input: {}, state: 'succeeded', request_id: 'r' };
const never = new AbortController().signal;
const services = {
  clock: { now: () => 0, sleep: async () => {} },
  loopbackOrigin: undefined,
  originals: { areKept: false },
  surface: REMOTE,
};
const NO_TOOLS = { models: [], anyModel: { name: 'run_image_model' } };
const nothingLearned = {
  ...services,
  jobs: { runSeconds: async () => undefined, estimator: async () => () => undefined },
  catalogue: { nameOf: async () => undefined },
};
const entryWith = (text: string) => {
  const field = { type: text, title: text, description: text, default: text, enum: [text, `${text}2`] };
  const entry = readEntry({
    model_id: 'a/b',
    display_name: text,
    description: text,
    categories: [text],
    pricing_note: text,
    price_unit: text,
    required_inputs: [text],
    input_schema: {
      required: [text],
      properties: { a: { ...field, validations: [{ validation_error: text }] }, [text]: field },
    },
  });
  if (!entry) throw new Error('no entry');
  return entry;
};
const filmOf = (text: string) => ({
  ...entryWith('a'),
  base_price_usd: 1,
  price_unit: 'second',
  input_schema: { properties: { duration: { default: text } } },
});
const closed = { name: 'tool', input: z.strictObject({ a: z.enum(['x', 'y']), b: z.array(z.int()) }) };
const prompts = (text: string) =>
  SKILLS.map((skill) => fillIn(skill, { idea: `a${text}`, model: text, plan: text }, redact));
const failed = (work: () => unknown) => expect(work).toThrow();
const refused = (work: () => Promise<unknown>) => expect(work()).rejects.toThrow();

/**
 * Every function that works on a text from outside, by the file that it stands in: what RunComfy answers, a caller
 * gives, a client tells or a user configures. A new one is to be added here; a file that is missing fails the test.
 */
const readReference = createReferenceReader({
  loopbackOrigin: undefined,
  ...HERE,
  checkLink: async () => undefined,
});

const guards = createGuards({ listen: { host: '::1', port: 0 }, allowedHosts: [], allowedOrigins: [] });
const naming = (host: string) =>
  ({ headers: {}, headersDistinct: { host: [host] } }) as unknown as IncomingMessage;

const OF_TOKENS = { mode: 'tokens', needsKeys: true } as const;
const links = createPictureLinks({
  keys: [Buffer.alloc(32)],
  clock: { now: () => 0, sleep: async () => {} },
});

const FUNCTIONS: Record<string, Record<string, (text: string) => unknown>> = {
  'jobs/spending/cost-inputs.ts': {
    costInputs: (text) => costInputs({ [text]: text, seen: [text, { [text]: text }] }),
  },
  'runcomfy/sanitize.ts': {
    quoteUntrusted: (text) => quoteUntrusted(text),
    'quoteUntrusted, without the key': (text) => quoteUntrusted(text, { redact }),
    redact: (text) => redact(text),
    shorten: (text) => shorten(text, 80),
    excerpt: (text) => excerpt({ [text]: [text, [text]] }),
  },
  'models/readable-name.ts': {
    readableName: (text) => readableName(`${text}/${text}/${text}`),
  },
  'tools/support/peek/same-input.ts': {
    isSameInput: (text) =>
      isSameInput({ a: text, b: [`file:${text}`] }, { a: [text], b: [`file:///x${text}`] }),
  },
  'tools/support/peek/peeked.ts': {
    peeked: (text) => peeked({ ...job, input: { a: `data:${text}` } }, NO_TOOLS, nothingLearned),
  },
  'runcomfy/unsafe.ts': {
    saysUnsafe: (text) => saysUnsafe(text),
    'saysUnsafe of words that may be meant': (text) =>
      saysUnsafe(`content prompt was ${text} blocked safety`),
  },
  'runcomfy/outputs.ts': {
    webUrl: (text) => webUrl(text),
    'webUrl of a web address': (text) => webUrl(`https://example.com/${text}`),
    outputsOf: (text) => outputsOf({ [text]: [text, `https://example.com/${text}`] }),
  },
  'runcomfy/http.ts': {
    bodyText: (text) => bodyText(Buffer.from(text), undefined, 80 << 20),
    'an encoding': (text) => bodyText(Buffer.from('{}'), text, 80 << 20),
  },
  'runcomfy/request-id.ts': {
    findRequestId: (text) => findRequestId(text),
    'findRequestId of what breaks off': (text) => findRequestId(`{"a":"${text}`),
  },
  'runcomfy/submit.ts': {
    'replyVerdict of a page': (text) => replyVerdict(readReply({ status: 200, text }), redact),
    'replyVerdict of what broke off': (text) =>
      replyVerdict(readReply({ status: 503, text: `{${text}`, brokenBy: 'x' }), redact),
    'replyVerdict of an id': (text) =>
      replyVerdict(readReply({ status: 200, text: JSON.stringify({ request_id: text }) }), redact),
  },
  'runcomfy/replies.ts': {
    MODEL_ID: (text) => MODEL_ID.test(text) || MODEL_ID.test(`a/${text}`),
    REQUEST_ID: (text) => REQUEST_ID.test(text),
    words: (text) => [wordOf(text), dateOf(text), messageOf({ detail: [text] })],
    numbers: (text) => [amountOf(text), numberOf(text)],
    readResult: (text) => readResult({ status: text, output: text, error: text, model_id: text, cost: text }),
  },
  'runcomfy/catalogue-entry.ts': { readEntry: entryWith },
  'runcomfy/errors.ts': {
    'an error page': (text) => serviceError('submit', readReply({ status: 500, text }), redact),
    'an error message': (text) =>
      serviceError('job', readReply({ status: 400, text: JSON.stringify({ message: text }) }), redact),
  },
  'models/clean-entry.ts': { cleanEntry: (text) => cleanEntry(entryWith(text), redact) },
  'models/from-schema.ts': {
    modelFromSchema: (text) => modelFromSchema(cleanEntry(entryWith(text), redact)),
    requiredInputs: (text) => requiredInputs(cleanEntry(entryWith(text), redact)),
  },
  'models/price.ts': {
    priceText: (text) => priceText(cleanEntry(entryWith(text), redact)),
    callPrice: (text) => callPrice(filmOf(text)),
  },
  'models/clean-input.ts': {
    isFieldName,
    'a field': (text) =>
      cleanInput(
        { properties: { a: { type: text, description: text, default: text, enum: [text] } } },
        clean,
      ),
    'a rule': (text) =>
      cleanInput({ properties: { a: { validations: [{ validation_rule: text }] } } }, clean),
    'a rule of its own': (text) =>
      cleanInput({ properties: { [text]: { validations: [{ validation_error: text }] } } }, clean),
  },
  'models/pinned.ts': {
    'a pattern': (text) => matcher(text)('openai/gpt-image-2/text-to-image'),
    'an id': (text) => matcher('*a*a*a*a*a*a*a*a*a*b')(text),
    'a pattern of stars': (text) => matcher(text.replaceAll(text.charAt(0) || 'x', '*'))('a'.repeat(200)),
  },
  'models/search.ts': {
    'a query': (text) => search([cleanEntry(entryWith('a'), redact)], text),
    'a description': (text) => search([cleanEntry(entryWith(text), redact)], 'a fox', { task: 'edit' }),
    nearestIds: (text) => nearestIds(text, [entryWith('a')]),
  },
  'models/tasks.ts': {
    mediaKindOf: (text) => mediaKindOf(entryWith(text)),
    synonymsOf: (text) => synonymsOf(entryWith(text)),
  },
  'tools/support/arguments.ts': {
    'a value': (text) => failed(() => readArguments(closed, { a: text, b: text })),
    'a name': (text) => failed(() => readArguments(closed, { a: 'x', b: [], [text]: 1 })),
    'a text in a list': (text) => inputProblems(closed.input, { a: [text], b: [text] }),
  },
  'tools/support/tool-names.ts': { toolNames: (text) => toolNames([`a/${text}`, text], []) },
  'tools/support/names.ts': { checkedNames: (text) => failed(() => checkedNames([text], 1, 'png')) },
  'tools/support/schema.ts': { requestId: (text) => requestId('').safeParse(text) },
  'tools/list-image-jobs.ts': {
    'a query': (text) => jobFilter(text, '')(job),
    'a prompt': (text) => jobFilter('red fox', 'a')({ ...job, input: { prompt: text } }),
  },
  'tools/support/job-words.ts': { jobLine: (text) => jobLine({ ...job, input: { prompt: text } }, 0) },
  'tools/support/error-text.ts': { errorText: (text) => errorText(new Error(text)) },
  'tools/support/job-result.ts': {
    jobResult: (text) =>
      failed(() => jobResult({ job: { ...job, state: 'failed', error: text }, resumed: false }, services)),
  },
  'tools/support/live-schema.ts': {
    withLiveSchema: (text) => {
      const live = cleanEntry(entryWith(text), redact);
      const catalogue = { now: async () => live } as unknown as Catalogue;
      const refusal = new ToolError('input_refused', quoteUntrusted(text), { next: '' });
      return withLiveSchema(refusal, 'a/b', { a: text }, { catalogue, surface: REMOTE });
    },
  },
  'tools/support/shown-schema.ts': {
    shownSchema: (text) => shownSchema(z.object({ a: z.string().meta({ description: text }) }), REMOTE),
  },
  'tools/support/any-model.ts': { readModelId },
  'tools/support/batch/problems.ts': {
    'a problem': (text) => {
      const problems = createProblems(['a']);
      problems.add(new ToolError('invalid_input', text, { next: '' }));
      failed(() => problems.throwIfAny());
    },
  },
  'tools/support/approval-words.ts': {
    approvalQuestion: (text) =>
      approvalQuestion(
        new ApprovalNeeded({
          calls: [{ model: 'a/b', input: { prompt: text } }],
          estimate: undefined,
          confirmAboveUsd: 1,
          approvalCode: '',
        }),
      ),
  },
  'tools/support/batch/words.ts': {
    "a job's error": (text) =>
      otherRow({ index: 0, model: 'a/b', job: { ...job, state: 'failed', error: text } }),
    'an error': (text) =>
      otherRow({ index: 0, model: 'a/b', error: new ToolError('internal_error', text, { next: '' }) }),
  },
  'models/schema-changes.ts': {
    schemaChanges: (text) =>
      schemaChanges(
        { properties: { a: { type: 'x' } } },
        cleanInput(entryWith(text).input_schema ?? {}, clean) ?? {},
      ),
  },
  'jobs/handle.ts': {
    parseHandle: (text) => parseHandle(text) ?? parseHandle(`job:${text}`),
    parseBatch: (text) => parseBatch(text) ?? parseBatch(`batch:${text}`),
  },
  'images/saving/file-name.ts': {
    checkName: (text) => checkName(text),
    splitName,
    fileStem: (text) => fileStem({ job: { ...job, submitted_at: text, input: { prompt: text } }, index: 0 }),
  },
  'images/media-type.ts': {
    describeNonImage: (text) => describeNonImage(Buffer.from(text).subarray(0, 256)),
    describeUnknown: (text) => describeUnknown(Buffer.from(text).subarray(0, 256)),
    sniffMedia: (text) => sniffMedia(Buffer.from(text)),
  },
  'images/trust.ts': {
    isTrustedOutput: (text) => isTrustedOutput(`https://example.com/${text}`, undefined),
    isPrivateHost: (text) => isPrivateHost(text),
  },
  'images/references/references.ts': {
    urlProblem: (text) => urlProblem(`https://me:${text}`, undefined),
    'a URL': (text) => refused(() => readReference('a', `http://${text}`, { signal: never })),
    'a path': (text) => refused(() => readReference('a', `/a/${text}`, { signal: never })),
  },
  'images/folders/paths.ts': {
    absolutePath: (text) => absolutePath(`~/${text}`, '/home/me'),
    isWithin: (text) => isWithin('/a', `/a/${text}`),
    isHidden: (text) => isHidden(text),
  },
  'images/folders/allowed-folders.ts': {
    candidates: (text) => failed(() => candidates(text, [], '/nonexistent', 'any')),
    rootFolders: (text) => rootFolders([`/nonexistent/${text}`, `/${text}`], '/nonexistent'),
  },
  'images/folders/local-file.ts': {
    'a path': (text) => refused(() => createFileReader(HERE)(`/a/../${text}`)),
    'a relative path': (text) => refused(() => createFileReader(HERE)(text)),
  },
  'images/folders/writable-folder.ts': {
    'a folder': (text) => refused(() => createFolderOpener(HERE)(`/dev/null/${text}`, async () => {})),
  },
  'images/folders/safe-roots.ts': {
    'a root': (text) => safeRoots([`file:///${text}`], '/home/me'),
    'a host': (text) => safeRoots([`file://${text}`], '/home/me'),
  },
  'tools/support/handles.ts': {
    isHandle,
    resolveHandle: (text) =>
      refused(() => resolveHandle('a', `job:${text}`, { last: createLast() } as HandleServices)),
  },
  'did-you-mean.ts': {
    'didYouMean, given': (text) => didYouMean(text, ['prompt', 'image_size']),
    'didYouMean, known': (text) => didYouMean('promt', [text, `${text}a`]),
  },
  'config/placeholders.ts': { readKey },
  'config/address.ts': { parseHostName, 'parseHostName, IPv6': (text) => parseHostName(`[${text}]`) },
  'mcp/transports/http/guards.ts': {
    'a host': (text) => failed(() => guards.check(naming(text))),
    'a port': (text) => failed(() => guards.check(naming(`localhost:${text}`))),
  },
  'tenants/challenge.ts': {
    bearerOf: (text) => bearerOf(text),
    'bearerOf of a token': (text) => bearerOf(`Bearer ${text}`),
  },
  'tenants/tenants-file.ts': {
    isTenantName: (text) => isTenantName(text) || isTenantName(`a${text}`),
    'a text that is no JSON': (text) => parseTenants(text, OF_TOKENS),
    'names and values': (text) => {
      const token = { name: text, sha256: text, scopes: [text], expires: text, [text]: text };
      const tenant = {
        runcomfy_key: { env: text, file: text },
        models: [text],
        tokens: [token],
        [text]: text,
      };
      return parseTenants(JSON.stringify({ tenants: { [text]: tenant } }), OF_TOKENS);
    },
  },
  'service/picture-links.ts': { 'the path of a link': (text) => links.read(`/pictures/${text}.png`) },
  'service/tenant-words.ts': { tenantWords: (text) => tenantWords(`The job records in ${text}`) },
  'service/surface.ts': { tenantFolder: (text) => tenantFolder(text) },
  'mcp/transports/http/json-size.ts': { isTooComplex: (text) => isTooComplex(Buffer.from(text)) },
  'mcp/hosts.ts': {
    waitEnd: (text) => waitEnd(new Error(text)),
    waitBudget: (text) => waitBudget(text, true),
  },
  'mcp/prompts/prompts.ts': { 'an argument': prompts },
  'mcp/outgoing.ts': {
    'an answer': (text) =>
      outgoing(
        { id: 1, result: { content: [{ type: 'text', text }], structuredContent: { [text]: text } } },
        redact,
      ),
    'an error': (text) => outgoing({ id: 1, error: { code: 1, message: text } }, redact),
  },
};

/** Texts of a given length that are slow to read for a pattern that tries again, or takes every way. */
const TEXTS: Record<string, (length: number) => string> = Object.fromEntries(
  [
    ['<'],
    ['<', '<html>'],
    ['<script>', '<html>'],
    ['<style ', '<title>'],
    ['<!--', '<!doctype html>'],
    [' '],
    ['\n'],
    [' ', 'Bearer'],
    ['Bearer '],
    ['Bearer abcdefg '],
    ['x'],
    ['a b '],
    ['ab, '],
    ['_'],
    ['-'],
    ['/', 'a'],
    [' ', 'a'],
    ['-', 'a'],
    ['_', 'a'],
    ['/'],
    ['/a'],
    ['.'],
    ['@'],
    ['//@'],
    ['*'],
    ['a*'],
    ['"'],
    ['['],
    ['{"a":'],
    ['\\"'],
    ['\u0301\u0316', 'e'],
    ['\ufdfa'],
    ['\u202e'],
    ['\ud83d'],
    ['key-12345'],
    ['%'],
    ['1'],
    ['timed '],
    ['xx-'],
  ].map(([unit = '', head = '']) => [
    JSON.stringify(head + unit),
    // What a pattern looks for at the end is not there.
    (length: number) => `${head}${unit.repeat(length / unit.length)}\u0001`,
  ]),
);

// Pairs of lengths, in characters: work that grows with the square takes 256 times as long for the longer one. What cuts
// the text first is tried below that, too.
const LENGTHS = [
  [1_000, 16_000],
  [6_250, 100_000],
] as const;
// Below this the ratio of two times tells nothing, in µs of this process.
const NOTHING = 25_000;
const MAX_RATIO = 80;

async function workOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** The work of the quickest of some tries, or of the first that is `enough`: what else the machine does comes on top. */
async function leastWork(work: () => unknown, enough = NOTHING / 8): Promise<number> {
  let least = await workOf(work);
  for (let tries = 1; tries < 4 && least > enough; tries++) least = Math.min(least, await workOf(work));
  return least;
}

describe.each(Object.entries(FUNCTIONS))('the work of %s', (_, functions) => {
  it.each(Object.entries(functions))('grows no faster than the text: %s', async (_, work) => {
    for (const [what, make] of Object.entries(TEXTS)) {
      for (const [short, long] of LENGTHS) {
        const most = await leastWork(() => work(make(long)), NOTHING);
        if (most <= NOTHING) continue;
        const ratio = most / (await leastWork(() => work(make(short))));
        expect(ratio, `${what}, ${long}`).toBeLessThan(MAX_RATIO);
      }
    }
  });
});

describe('what is read first of all is cut', () => {
  const entries = Array.from({ length: 400 }, (_, index) => cleanEntry(entryWith(`model ${index}`), redact));
  const CUT: Record<string, (text: string) => unknown> = {
    quoteUntrusted: (text) => quoteUntrusted(text),
    'quoteUntrusted, without the key': (text) => quoteUntrusted(text, { redact }),
    webUrl: (text) => webUrl(`https://example.com/${text}`),
    'the line of a job': (text) => jobLine({ ...job, input: { prompt: text } }, 0),
    'a query': (text) => search(entries, text, undefined),
    'a name that a caller chose': (text) => checkName(text),
    'an argument of a prompt': prompts,
    'the root of a client': (text) => safeRoots([`file:///${text}`], '/home/me'),
    'the name of a file': (text) => fileStem({ job: { ...job, input: { prompt: text } }, index: 0 }),
    'a chosen name': (text) => failed(() => checkedNames([text], 1, 'png')),
    'a value that does not fit': (text) => failed(() => readArguments(closed, { a: text, b: [] })),
  };

  it.each(Object.entries(CUT))('by %s', async (_, work) => {
    for (const unit of ['x', 'a b ', '<html><p>']) {
      const make = (length: number) => unit.repeat(length / unit.length);
      const most = await leastWork(() => work(make(4_000_000)), NOTHING);
      if (most > NOTHING) expect(most / (await leastWork(() => work(make(40_000)))), unit).toBeLessThan(8);
    }
  });
});

const SRC = resolve(import.meta.dirname, '../../src');
/** Files whose texts do not come from outside, and why. */
const OWN: Record<string, string> = {
  'models/catalogue-file.ts': 'reads lines that this program wrote, each of bounded length',
  'mcp/roots.ts': 'cuts messages of the SDK',
  'mcp/approval.ts': 'cuts messages of the SDK',
  'mcp/transports/http/body.ts': 'reads headers, of 16 kB at most',
  'mcp/transports/http/session.ts': 'reads ids of at most 1,024 characters',
  'mcp/transports/http/endpoint.ts': 'quotes messages of the SDK',
  'tenants/oauth/authentication.ts': 'reads tokens, in headers of 16 kB at most, and their claims',
  'tenants/oauth/discovery.ts': 'reads the URL that the operator gives',
  'service/front.ts': 'reads the path of a request, of 16 kB at most with its headers',
  'service/signing-keys.ts': 'reads a file of the operator, of 16 kB at most',
  'service/tenant-programs.ts': 'takes the name of a folder from what goes out, which was cut',
  'service/metrics/endpoint.ts': 'reads headers, of 16 kB at most',
  'service/metrics/metrics.ts': 'reads the path of a request, of 16 kB at most with its headers',
  'mcp/prompts/skills.ts': 'reads the skills of this repository',
  'images/decode.ts': 'reads messages of sharp',
  'images/download.ts':
    'reads a header of a reply, of 16 kB at most with the others, by a pattern of bounded numbers',
  'mcp/transports/stdio.ts': 'reads messages of the SDK',
  'images/library/folder/files.ts': 'reads names in the folder of the library, cut by the file system',
  'images/saving/place-file.ts': 'reads names in the folder of the images',
  'runcomfy/client.ts': 'quotes what other files read, and writes URLs of ids that were checked',
  'tools/save-images.ts': 'shortens a folder for an error; images/folders reads it',
  'tools/support/saved-result.ts': 'takes the full stop from messages of this program',
  'tools/support/names.ts': 'quotes names that images/saving/file-name.ts refused',
  'tools/find-image-models.ts': 'quotes what clean-entry.ts cut',
};

it('every file that works on texts from outside is in the table', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^(runcomfy|tools|images|jobs|mcp|models|tenants|service)\/.*\.ts$/.test(file),
  );
  const working = files.filter((file) =>
    /\.(replace|replaceAll|match|matchAll|split|normalize|test|exec)\(|\b(quoteUntrusted|shorten)\(/.test(
      readFileSync(join(SRC, file), 'utf8'),
    ),
  );
  expect(working.length).toBeGreaterThan(20);
  for (const file of working) expect({ ...FUNCTIONS, ...OWN }, file).toHaveProperty([file]);
});
