import type { Config } from '../../config/config.ts';
import { codeOf } from '../../errors.ts';
import { NAME } from '../../version.ts';
import { byName } from '../hosts/by-name.ts';
import { type Host, SERVER } from '../hosts/host.ts';
import { HOSTS } from '../hosts/index.ts';
import { ownStartCommand } from '../snippets/start-command.ts';
import { row, say } from '../terminal.ts';
import { type Plan, planToAdd } from './add.ts';
import { agrees, isAsking } from './ask.ts';
import { Refusal } from './edit.ts';
import { configOf, foundHosts } from './find.ts';
import { removeKey, setUpKey } from './key.ts';
import { createRecords, type Records } from './records.ts';
import { planToTake } from './take.ts';

type Outcome = 'done' | 'there' | 'left' | 'refused';
const NAME_WIDTH = Math.max(...HOSTS.map(({ name }) => name.length));
const nameOf = ({ name }: Host) => name.padEnd(NAME_WIDTH);

/** Adds the server to hosts. Resolves with the exit code. */
export async function install(config: Config): Promise<number> {
  return withHosts(config, foundHosts, async (hosts, records) => {
    if (hosts.length === 0) {
      say(`No host was found. Known are ${HOSTS.map(({ name }) => name).join(', ')}.`);
      say(`Name one with --host NAME, or see what to paste: ${NAME} doctor --snippets`);
      return 1;
    }
    if (config.sandbox) row('-', 'key', 'none is needed: the sandbox draws test cards and charges nothing');
    else if (!(await setUpKey(config, records))) return 1;
    const start = ownStartCommand(config.sandbox);
    const outcomes: Outcome[] = [];
    for (const host of hosts)
      outcomes.push(await carryOut(host, configOf(host), config, () => planToAdd(host, start, records)));
    const changed = hosts.filter((_, at) => outcomes[at] === 'done').map(({ name }) => name);
    if (config.dryRun) say('\nNothing was changed (--dry-run).');
    else if (changed.length > 0) {
      say(`\nRestart ${changed.join(', ')}, then ask for a picture. To undo: ${NAME} uninstall`);
      say(`Copies of what was changed are in ${records.backupPath('')}`, 'dim');
    }
    return outcomes.includes('refused') ? 1 : 0;
  });
}

/** Takes the server out of hosts again. Resolves with the exit code. */
export async function uninstall(config: Config): Promise<number> {
  return withHosts(
    config,
    () => [...HOSTS],
    async (hosts, records) => {
      const outcomes: Outcome[] = [];
      const installed = await records.list();
      for (const host of hosts) {
        const paths = installed.filter(({ host: name }) => name === host.name).map(({ path }) => path);
        if (paths.length === 0) paths.push(configOf(host));
        for (const path of paths)
          outcomes.push(await carryOut(host, path, config, () => planToTake(host, path, records)));
      }
      const wasThere = outcomes.some((outcome) => outcome !== 'there');
      if (!wasThere) say('No host has it.');
      const left = (await records.list()).map(({ host }) => host);
      if (config.dryRun) {
        say('\nNothing was changed (--dry-run).');
      } else if (left.length > 0) {
        say(`\nStill installed in ${left.join(', ')}; the key stays.`);
      } else if (!outcomes.includes('refused') && !outcomes.includes('left')) {
        await removeKey(config.keyFile);
      }
      return outcomes.includes('refused') ? 1 : 0;
    },
  );
}

/** Works on the hosts that are named, or else those to be found, while no other install or uninstall does. */
async function withHosts(
  { hosts: names, setupDir, dryRun }: Config,
  find: () => Host[],
  work: (hosts: Host[], records: Records) => Promise<number>,
): Promise<number> {
  const found = names ? byName(names, HOSTS, ({ name }) => name) : { chosen: find() };
  if ('problem' in found) {
    process.stderr.write(`${NAME}: ${found.problem}\n`);
    return 2;
  }
  const records = createRecords(setupDir);
  const run = () => work(found.chosen, records);
  try {
    return await (dryRun ? run() : records.alone(run));
  } catch (error) {
    const what = error instanceof Refusal ? error.message : `${setupDir} cannot be used (${codeOf(error)})`;
    process.stderr.write(`${NAME}: ${what}\n`);
    return 1;
  }
}

/** Shows a plan, asks where the user named no host, and performs it. */
async function carryOut(
  host: Host,
  path: string,
  { hosts: names, dryRun }: Config,
  makePlan: () => Promise<Plan | 'there' | 'not there' | 'by hand'>,
): Promise<Outcome> {
  try {
    const plan = await makePlan();
    if (plan === 'not there') return 'there';
    if (plan === 'there') {
      row('-', nameOf(host), `has it already, in ${path}`);
      return 'there';
    }
    if (plan === 'by hand') {
      row(
        'warn',
        nameOf(host),
        `${path} has an entry "${SERVER}" that was made by hand: it is left as it is`,
      );
      return 'left';
    }
    say(`\n${host.name}: ${plan.path}`, 'bold');
    say(plan.text);
    if (dryRun) return 'done';
    if (!names && isAsking() && !(await agrees(`Change ${host.name}?`))) return 'left';
    await plan.perform();
    row('yes', nameOf(host), 'done');
    return 'done';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    row('no', nameOf(host), `${path} ${error.message}`);
    return 'refused';
  }
}
