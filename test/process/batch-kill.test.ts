import { describe, expect, it } from 'vitest';
import type { Fault, SeenRequest } from '../../src/sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { checkBooks, readRecords } from '../support/books.ts';
import { startHost } from '../support/host.ts';
import { freshDataDir, KEY } from '../support/program.ts';

const MODEL = 'openai/gpt-image-2/text-to-image';
const never = new Promise<never>(() => {});

type Choose = (request: SeenRequest) => Fault['what'] | undefined;

const prompt = ({ body }: SeenRequest) => Number((body as { prompt: string }).prompt);
const onSubmit =
  (what: Fault['what'], first = 0): Choose =>
  (request) =>
    request.route === 'submit' && prompt(request) >= first ? what : undefined;

/** The states of the records, with how many are in each. */
function states(dataDir: string): Record<string, number> {
  const all = readRecords(dataDir).map(({ state }) => state);
  return Object.fromEntries(
    [...new Set(all)].map((one) => [one, all.filter((state) => state === one).length]),
  );
}

/** A step at which the server is killed. As many submits as it has connections are held, so the others wait behind them. */
interface Moment {
  step: string;
  fault: Choose;
  size: number;
  reached: (dataDir: string, sandbox: Sandbox) => boolean;
  /** How many upstream has by then, and how many of the same call's are done and unknown. */
  made: number;
  done: number;
  unknown: number;
}

const MOMENTS: Moment[] = [
  {
    step: 'some are being submitted, the others reserved',
    fault: onSubmit({ stall: never }),
    size: 16,
    reached: (dataDir, { requests }) =>
      isEqual(states(dataDir), { submitting: 10, reserved: 6 }) &&
      requests.filter(({ route }) => route === 'submit').length === 10,
    made: 0,
    done: 6,
    unknown: 10,
  },
  {
    step: 'some are accepted, some submitted without an answer, the others reserved',
    fault: onSubmit({ hold: never }, 3),
    size: 16,
    reached: (dataDir, { engine }) => states(dataDir).reserved === 3 && engine.jobs.length === 13,
    made: 13,
    done: 6,
    unknown: 10,
  },
  {
    step: 'all are accepted, and results are being read',
    fault: ({ route }) => (route === 'result' ? { hold: never } : undefined),
    size: 4,
    reached: (dataDir, { engine, requests }) =>
      engine.jobs.length === 4 &&
      requests.some(({ route }) => route === 'result') &&
      readRecords(dataDir).every(({ request_id }) => request_id !== undefined),
    made: 4,
    done: 4,
    unknown: 0,
  },
];

const isEqual = (one: Record<string, number>, other: Record<string, number>) =>
  Object.keys({ ...one, ...other }).every((key) => one[key] === other[key]);

describe('kill -9 in the middle of a batch, then the same call on a new process', () => {
  it.each(MOMENTS)('when $step', async ({ fault, size, reached, made, done, unknown }) => {
    const jobs = Array.from({ length: size }, (_, place) => ({
      model: MODEL,
      input: { prompt: `${place}` },
    }));
    const all = jobs.map((_, place) => place);
    const sandbox = await startSandbox({ key: KEY, pace: 0, slots: size });
    const dataDir = freshDataDir();
    const start = () => startHost({ baseUrl: sandbox.origin, dataDir });
    sandbox.failAtRandom((_, request) => fault(request));
    const first = await start();
    const cut = first.call('make_images', { jobs }).catch(() => undefined);
    await expect.poll(() => reached(dataDir, sandbox), { interval: 10 }).toBe(true);
    await first.kill();
    await cut;
    expect(sandbox.engine.jobs).toHaveLength(made);
    sandbox.failAtRandom(() => undefined);

    const { data } = await (await start()).call('make_images', { jobs });
    const others = (data.others ?? []) as { status: string; reason: string }[];
    expect(data).toMatchObject({ done, resumed: true });
    expect(others).toHaveLength(unknown);
    for (const { status, reason } of others) {
      expect(status).toBe('unknown');
      expect(reason).toContain('was cut off while it was submitted');
    }
    checkBooks(sandbox, dataDir, size);
    const records = readRecords(dataDir).filter(({ state }) => state !== 'cancelled');
    expect(new Set(records.map(({ batch }) => batch?.id)).size).toBe(1);
    expect(records.map(({ batch }) => batch?.index).sort((a = 0, b = 0) => a - b)).toEqual(all);
    // One for each place: nothing was sent twice.
    const sent = sandbox.requests.filter(({ route }) => route === 'submit').map(prompt);
    expect(sent.sort((a, b) => a - b)).toEqual(all);
    await sandbox.close();
  });
});
