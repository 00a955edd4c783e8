import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { type Config, KEY_VARIABLES } from '../config.ts';
import { ToolError } from '../errors.ts';
import { dollars } from '../jobs/costs.ts';
import { JOB_STATES } from '../jobs/job.ts';
import { createProgram, type Program } from '../program.ts';
import { createRedactor } from '../runcomfy/quote.ts';
import { sandboxed } from '../sandbox/server.ts';
import { NAME, VERSION } from '../version.ts';
import { checkModels } from './drift.ts';
import { snippets } from './snippets.ts';
import { paint, say } from './terminal.ts';

/** Checks what a user needs to know before the first call, and prints what to paste. Returns the exit code: 0 when a call can work. */
export async function doctor(given: Config): Promise<number> {
  const config = given.sandbox ? await sandboxed(given) : given;
  say(`${NAME} ${VERSION}, Node ${process.versions.node}, ${process.platform}\n`, 'bold');
  const program = createProgram(config, { clock: systemClock, random: Math.random });
  const keyWorks = await checkKey(config, program);
  const recordsWork = await checkLedger(config, program);
  // Without a key that works nothing can be read.
  const modelsWork = keyWorks && (await checkModels(program.api, createRedactor(program.keyring.seen)));
  await program.close();
  say('\nConfiguration', 'bold');
  row('API', config.baseUrl);
  row('Wait', config.waitSeconds === undefined ? 'by client, else 45 s' : `${config.waitSeconds} s`);
  row('Data', config.dataDir);
  row('Saves', `${config.savesAll ? 'every image' : 'what save_images is asked for'} in ${config.outputDir}`);
  row(
    'Sends',
    config.inputDirs.length > 0 ? `images from ${config.inputDirs.join(', ')}` : 'no local images',
  );
  row('Log level', config.logLevel);
  const start = {
    command: process.execPath,
    args: [join(import.meta.dirname, 'main.js'), ...(given.sandbox ? ['--sandbox'] : [])],
  };
  for (const { host, place, text } of snippets(start)) {
    say(`\n${host}: ${place}`, 'bold');
    say(text);
  }
  const works = modelsWork && recordsWork;
  say(works ? '\nAll is well.' : '\nSee the lines marked "no" above.', works ? 'green' : 'red');
  return works ? 0 : 1;
}

async function checkKey(config: Config, { keyring, api }: Program): Promise<boolean> {
  const { key: found, obstacles } = await keyring.search();
  say('Key', 'bold');
  if (!found) {
    const names = `${KEY_VARIABLES.join(', ')} and ${config.tokenFile}`;
    verdict(false, obstacles.join('; ') || `none found; looked at ${names}`);
    say('       Create one on the Profile page of runcomfy.com, or try --sandbox, which needs none.');
    return false;
  }
  verdict(true, `found in ${found.from} (${found.value.length} characters)`);
  try {
    verdict(true, `accepted; balance ${dollars(await api.balance())}`);
    return true;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    verdict(false, `${error.message} ${error.next}`);
    return false;
  }
}

async function checkLedger(config: Config, { ledger }: Program): Promise<boolean> {
  say('\nJob records', 'bold');
  const dir = join(config.dataDir, 'jobs');
  const counts = new Map<string, number>();
  try {
    for await (const { job } of ledger.newest()) counts.set(job.state, (counts.get(job.state) ?? 0) + 1);
    await access(dir, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A directory that is not there yet is made by the first paid call.
    if (code === 'ENOENT') verdict(true, `none yet; ${dir} is made by the first paid call`);
    else verdict(false, `${dir} cannot be used (${code}): paid calls are refused until it can be written`);
    return code === 'ENOENT';
  }
  const told = JOB_STATES.filter((state) => counts.has(state)).map(
    (state) => `${counts.get(state)} ${state}`,
  );
  verdict(true, `${dir}: ${told.join(', ') || 'none yet'}`);
  return true;
}

const verdict = (good: boolean, text: string) =>
  say(`  ${good ? paint('yes', 'green') : paint('no ', 'red')}  ${text}`);
const row = (name: string, value: string) => say(`  ${name.padEnd(10)} ${value}`);
