import { readFile, rm } from 'node:fs/promises';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { readKey } from '../../config/placeholders.ts';
import { ToolError } from '../../errors.ts';
import { dollars } from '../../jobs/spending/totals.ts';
import { createRunComfy } from '../../runcomfy/client.ts';
import { createHttp } from '../../runcomfy/http.ts';
import { createKeyring } from '../../runcomfy/key.ts';
import { createRedactor } from '../../runcomfy/sanitize.ts';
import { row, say } from '../terminal.ts';
import { agrees, askHidden, isAsking } from './ask.ts';
import type { Records } from './records.ts';

const TRIES = 3;
// In ms.
const PATIENCE = 20_000;

/** Sees to it that the server will find a key: takes the one that is there, or asks for one. False if there is none. */
export async function setUpKey(config: Config, records: Records): Promise<boolean> {
  const { keyFile, dryRun } = config;
  const { key, obstacles } = await createKeyring(config).search();
  if (dryRun) {
    const then = key?.from === config.key?.from ? `; it would be stored in ${keyFile}` : '';
    row(
      '-',
      'key',
      key ? `found in ${key.from}${then}` : `none yet: it would be asked for, and stored in ${keyFile}`,
    );
    return true;
  }
  if (key) {
    const isStored = key.from !== config.key?.from;
    const answer = await check(config, key.value);
    if (answer.is !== 'refused') {
      if (!isStored) await store(key.value, config, records);
      const place = isStored ? `in ${key.from}` : `from ${key.from}, stored in ${keyFile}`;
      row(answer.is === 'accepted' ? 'yes' : 'warn', 'key', `${place}; ${answer.text}`);
      return true;
    }
    row('no', 'key', `from ${key.from}: ${answer.text}`);
    if (!isStored || !isAsking()) return false;
  } else if (!isAsking()) {
    const why = obstacles.length > 0 ? obstacles.join('; ') : 'none was given';
    row('no', 'key', `${why}, and nobody can be asked here`);
    say(
      '        Set RUNCOMFY_API_KEY for this one command, or run it in a terminal, or add --sandbox, which needs none.',
    );
    return false;
  }
  return askForKey(config, records);
}

async function askForKey(config: Config, records: Records): Promise<boolean> {
  say(
    'Create a key on the Profile page of runcomfy.com. It is kept on this machine, in no configuration of a host.',
  );
  for (let tries = 0; tries < TRIES; tries++) {
    const given = await askHidden('RunComfy API key (not shown; empty to stop): ');
    if (given.trim() === '') return false;
    const read = readKey(given);
    if (!('key' in read)) {
      row('no', 'key', 'that is not a key: a key is printable ASCII without blanks');
      continue;
    }
    const answer = await check(config, read.key);
    if (answer.is === 'refused') {
      row('no', 'key', answer.text);
      continue;
    }
    if (answer.is === 'unknown') {
      row('warn', 'key', answer.text);
      if (!(await agrees('Store it all the same?'))) return false;
    }
    await store(read.key, config, records);
    row('yes', 'key', `stored in ${config.keyFile}${answer.is === 'accepted' ? `; ${answer.text}` : ''}`);
    return true;
  }
  return false;
}

type Answer = { is: 'accepted' | 'refused' | 'unknown'; text: string };

/** Asks RunComfy for the balance, which is free. */
async function check({ baseUrl, balanceUrl }: Config, key: string): Promise<Answer> {
  const http = createHttp();
  const redact = createRedactor(() => [key]);
  const surroundings = { clock: systemClock, random: Math.random };
  const api = createRunComfy({ baseUrl, balanceUrl, redact, http, key: async () => key, ...surroundings });
  try {
    const balance = await api.balance(AbortSignal.timeout(PATIENCE));
    return { is: 'accepted', text: `RunComfy accepts it, balance ${dollars(balance)}` };
  } catch (error) {
    if (error instanceof ToolError && error.code === 'key_refused')
      return { is: 'refused', text: error.message };
    const why = redact(error instanceof ToolError ? error.message : `no answer within ${PATIENCE / 1000} s`);
    return { is: 'unknown', text: `it could not be checked: ${why}` };
  } finally {
    await http.close();
  }
}

async function store(key: string, { keyFile }: Config, records: Records): Promise<void> {
  const stored = await readFile(keyFile, 'utf8').catch(() => undefined);
  if (stored?.trim() !== key) await records.storeKey(keyFile, key);
}

/** Offers to remove the stored key; without a terminal it goes. */
export async function removeKey(keyFile: string): Promise<void> {
  const isStored = (await readFile(keyFile).catch(() => undefined)) !== undefined;
  if (!isStored) return;
  if (isAsking() && !(await agrees(`No host is left. Remove the key in ${keyFile}, too?`)))
    return row('-', 'key', `stays in ${keyFile}`);
  await rm(keyFile, { force: true });
  row('yes', 'key', `removed from ${keyFile}, as no host is left`);
}
