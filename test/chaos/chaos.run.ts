import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SeenRequest } from '../../src/sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { readRecords } from '../support/books.ts';
import { freshDataDir, KEY } from '../support/program.ts';
import { createRandom } from '../support/random.ts';
import type { Evidence } from './evidence.ts';
import { createFaultChoice } from './faults.ts';
import { INVARIANTS, isSentAsData, judge } from './invariants.ts';
import { pictureOf, readLibrary } from './library.ts';
import { report } from './report.ts';
import { startFleet } from './servers.ts';
import { startSlownessProbe } from './slowness.ts';
import { note, planTasks } from './tasks.ts';
import { perform, type Tally } from './users.ts';
import { createWitness } from './witness.ts';

const TASKS = Number(process.env.CHAOS_JOBS ?? 1_000);
const SEED = Number(process.env.CHAOS_SEED ?? 20_261_120);
const AT_ONCE = 60;

it(`chaos: ${TASKS} tasks, seed ${SEED}`, async () => {
  const sandbox = await startSandbox({ key: KEY, pace: 0.05, slots: 1_000 });
  const wishes = planTasks(TASKS, SEED);
  const tasks = wishes.flatMap((wish) => (wish.members.length > 0 ? wish.members : [wish, ...wish.edits]));
  const byPrompt = new Map(tasks.map((task) => [task.prompt, task]));
  const hits: Record<string, number> = {};
  const choose = createFaultChoice(
    SEED,
    (request) => subjectOf(request, sandbox),
    ({ name, request, tellsId }) => {
      hits[name] = (hits[name] ?? 0) + 1;
      const task = byPrompt.get(promptOf(request, sandbox) ?? '');
      if (!task) return;
      note(task, `fault ${name} on ${request.route} of ${task.prompt}`);
      if (request.route === 'submit' && !tellsId) task.withheldIds += 1;
    },
  );
  sandbox.failAtRandom((route, request) => {
    const fault = choose(route, request);
    if (route !== 'output' || fault) return fault;
    return { status: 200, body: pictureOf(idIn(request)), headers: { 'content-type': 'image/png' } };
  });
  const dataDir = freshDataDir();
  const slowness = startSlownessProbe(join(dataDir, '../probe'));
  const witness = createWitness();
  const fleet = await startFleet(
    { baseUrl: sandbox.origin, dataDir, args: ['--wait', '1.2'] },
    { witness, random: createRandom(SEED) },
  );
  const tally: Tally = {
    calls: 0,
    timeouts: 0,
    stops: 0,
    refusals: 0,
    unknownTold: 0,
    resumed: 0,
    handOvers: 0,
    edits: 0,
    ownKills: 0,
    lastForgotten: 0,
    batches: 0,
    partialAnswers: 0,
    fetchedAlone: 0,
  };

  const queue = [...wishes];
  const work = async (worker: number) => {
    for (let task = queue.shift(); task; task = queue.shift())
      await perform(task, worker, { fleet, sandbox, seed: SEED, tally });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => work(worker)));
  await fleet.close();
  await slowness.stop();

  const records = readRecords(dataDir);
  const library = readLibrary(dataDir, records);
  const evidence: Evidence = { tasks, accepted: sandbox.engine.jobs, records, library, witness, slowness };
  const { breaches, ...sums } = judge(evidence);
  const counts = Object.fromEntries(
    Object.keys(INVARIANTS).map((name) => [
      name,
      breaches.filter(({ invariant }) => invariant === name).length,
    ]),
  );
  const line = {
    tasks: wishes.length,
    pictures: tasks.length,
    accepted: sandbox.engine.jobs.length,
    ...sums,
    ...counts,
    kept: library.kept,
    halfWritten: library.halfWritten,
    sentAsData: sandbox.engine.jobs.filter(isSentAsData).length,
    kills: fleet.kills,
    ...tally,
  };
  process.stdout.write(`chaos, seed ${SEED}: ${JSON.stringify({ ...line, faults: hits })}\n`);
  await sandbox.close();
  expect(breaches.length, report(breaches, evidence)).toBe(0);
});

/** What a request is about, the same in every run of a seed: a prompt, and which of its jobs. */
function subjectOf(request: SeenRequest, { engine }: Pick<Sandbox, 'engine'>): string {
  const prompt = promptOf(request, { engine });
  if (prompt === undefined || request.route === 'submit') return prompt ?? request.path;
  const nth = engine.jobs
    .filter(({ input }) => input.prompt === prompt)
    .findIndex(({ id }) => request.path.includes(id));
  return `${prompt} ${nth}`;
}

function promptOf(
  { route, path, body }: SeenRequest,
  { engine }: Pick<Sandbox, 'engine'>,
): string | undefined {
  const input = route === 'submit' ? body : engine.find(idIn({ route, path }))?.input;
  return (input as { prompt?: string } | undefined)?.prompt;
}

const idIn = ({ route, path }: Pick<SeenRequest, 'route' | 'path'>): string =>
  path.split('/')[route === 'output' ? 2 : 3] ?? '';
