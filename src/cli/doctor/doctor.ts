import { join } from 'node:path';
import envPaths from 'env-paths';
import { systemClock } from '../../clock.ts';
import { type Config, KEY_VARIABLES } from '../../config/config.ts';
import { ignoredTexts } from '../../config/placeholders.ts';
import { DEFAULT_WAIT } from '../../config/settings.ts';
import { ToolError } from '../../errors.ts';
import { JOB_STATES } from '../../jobs/job.ts';
import { dollars } from '../../jobs/spending/totals.ts';
import { createProgram, type Program } from '../../program.ts';
import { sandboxed } from '../../sandbox/server.ts';
import { accountDir } from '../../stores/file/names.ts';
import { NAME, VERSION } from '../../version.ts';
import { createRecords } from '../install/records.ts';
import { printSnippets } from '../snippets/print-snippets.ts';
import { row, say } from '../terminal.ts';
import { tryReading, tryWriting } from './folders.ts';
import { checkLibrary } from './library.ts';
import { checkModels } from './models.ts';

/** Checks what a first call needs and prints it in at most 30 lines, or prints snippets. Resolves with the exit code. */
export async function doctor(given: Config): Promise<number> {
  if (given.snippets) return printSnippets(given.snippets, given.sandbox);
  const config = given.sandbox ? await sandboxed(given) : given;
  say(`${NAME} ${VERSION}, Node ${process.versions.node}, ${process.platform}\n`, 'bold');
  const program = createProgram(config, { clock: systemClock, random: Math.random });
  const keyWorks = await checkKey(config, program);
  const recordsWork = await checkRecords(config, program);
  await checkLibrary(config, program);
  const outputWorks = await checkFolders(config);
  await showHosts(config);
  // RunComfy shows its models only to a valid key.
  const modelsWork = keyWorks && (await checkModels(program.api, program.redact));
  await program.close();
  printSettings(config);
  printUnchecked(config, keyWorks);
  const works = modelsWork && recordsWork && outputWorks;
  say(works ? '\nReady for calls.' : '\nSee the lines marked "no".', works ? 'green' : 'red');
  say(`What to paste into a client: ${NAME} doctor --snippets [HOST]`);
  return works ? 0 : 1;
}

async function checkKey(config: Config, { keyring, api }: Program): Promise<boolean> {
  const { key, obstacles } = await keyring.search();
  if (!key) {
    const nothing = `none found; looked at ${KEY_VARIABLES.join(', ')}, ${config.keyFile} and ${config.tokenFile}`;
    row('no', 'key', obstacles.join('; ') || nothing);
    say(
      '        Put a key from the Profile page of runcomfy.com into RUNCOMFY_API_KEY, or try --sandbox, which needs none.',
    );
  } else row('yes', 'key', `found in ${key.from} (${key.value.length} characters)`);
  // Without a key, the line above names them.
  const isTold = (from: string) => !key && KEY_VARIABLES.includes(from);
  const ignored = ignoredTexts(config.ignored.filter(({ from }) => !isTold(from)));
  if (ignored.length > 0) row('warn', 'ignored', `${ignored.join('; ')}; treated as not set`);
  if (!key) return false;
  try {
    row('yes', 'account', `${config.baseUrl} accepts the key; balance ${dollars(await api.balance())}`);
    return true;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    row('no', 'account', `${error.message} ${error.next}`);
    return false;
  }
}

async function checkRecords(config: Config, { store }: Program): Promise<boolean> {
  const dir = join(accountDir(config.dataDir, store.account), 'jobs');
  const failed = await tryWriting(dir);
  if (failed !== undefined) {
    const choose = 'choose another with --data-dir or RUNCOMFY_DATA_DIR';
    row('no', 'data', `${dir} cannot be written (${failed}): paid calls are refused; ${choose}`);
    return false;
  }
  const counts = new Map<string, number>();
  try {
    for await (const { job } of store.newest()) counts.set(job.state, (counts.get(job.state) ?? 0) + 1);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    row('no', 'data', `${error.message} ${error.next}`);
    return false;
  }
  const told = JOB_STATES.flatMap((state) => (counts.has(state) ? `${counts.get(state)} ${state}` : []));
  row('yes', 'data', `${dir} can be written; jobs: ${told.join(', ') || 'none yet'}`);
  return true;
}

/** False if images cannot be saved though the user wants all of them saved. */
async function checkFolders({ outputDir, autoSave, inputDirs }: Config): Promise<boolean> {
  const output = await tryWriting(outputDir);
  const saved = autoSave ? 'every image is saved there' : 'only save_images saves there';
  if (output === undefined) row('yes', 'output', `${outputDir} can be written; ${saved}`);
  else row(autoSave ? 'no' : 'warn', 'output', `${outputDir} cannot be written (${output}); ${saved}`);

  const { cache } = envPaths(NAME, { suffix: '' });
  const cached = await tryWriting(cache);
  if (cached === undefined) row('yes', 'cache', `${cache} can be written`);
  else row('warn', 'cache', `${cache} cannot be written (${cached}); every start takes longer, nothing else`);

  const inputs = await Promise.all(inputDirs.map(async (dir) => ({ dir, failed: await tryReading(dir) })));
  const unreadable = inputs.flatMap(({ dir, failed }) => (failed === undefined ? [] : `${dir} (${failed})`));
  if (unreadable.length > 0) row('warn', 'input', `cannot be read: ${unreadable.join(', ')}`);
  else if (inputs.length > 0) row('yes', 'input', `agents may send images from ${inputDirs.join(', ')}`);
  else row('-', 'input', 'agents may send no local images (--input-dir allows a folder)');
  return output === undefined || !autoSave;
}

async function showHosts({ setupDir }: Config): Promise<void> {
  const installed = await createRecords(setupDir)
    .list()
    .catch(() => []);
  if (installed.length === 0) row('-', 'hosts', `none by "${NAME} install"`);
  else row('yes', 'hosts', `installed in ${installed.map(({ host }) => host).join(', ')}`);
}

function printSettings(config: Config): void {
  const { waitSeconds, models, preview, maxJobsPerHour, budgetUsd, confirmAboveUsd, logLevel } = config;
  const jobs = maxJobsPerHour === undefined ? [] : [`${maxJobsPerHour} jobs an hour`];
  const budget = budgetUsd === undefined ? [] : [`${dollars(budgetUsd)} in 24 hours`];
  const settings = [
    `wait ${waitSeconds === undefined ? `by client, else ${DEFAULT_WAIT} s` : `${waitSeconds} s`}`,
    `models ${models?.join(', ') ?? 'the built-in ones'}`,
    `preview ${preview ?? 'by client'}`,
    `limits ${[...jobs, ...budget].join(', ') || 'none'}`,
    `confirm ${confirmAboveUsd === undefined ? 'nothing' : `above ${dollars(confirmAboveUsd)}`}`,
    `log ${logLevel}`,
  ];
  say(`\nSettings: ${settings.join('; ')}`);
}

/** What a user might believe was checked. */
function printUnchecked({ sandbox, models }: Config, keyWorks: boolean): void {
  say('\nNot checked');
  say(
    "  - your client's configuration: it starts the server with its own variables and flags, not with these",
  );
  if (sandbox) say('  - RunComfy and a key: the sandbox answered instead');
  else if (!keyWorks)
    say('  - the balance and the models: RunComfy tells them only to a key that it accepts');
  if (models) say('  - what --models matches: the server looks when the first client comes');
  say('  - a paid call: nothing was submitted');
}
