import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { createProgram } from '../../program.ts';
import { say } from '../terminal.ts';
import { createCollection } from './collection.ts';
import { startGallery } from './http/server.ts';

/**
 * Serves a page with all recorded jobs on this machine until it is stopped. Resolves with the exit code. With --sandbox
 * it shows what earlier sandboxes recorded, and pictures only of those that still run.
 */
export async function gallery(config: Config): Promise<number> {
  const program = createProgram(config, { clock: systemClock, random: Math.random });
  const server = await startGallery(createCollection(program, config, systemClock), systemClock);
  say(`The jobs in ${config.dataDir} are shown at\n`);
  say(server.url, 'bold');
  say('\nThe address holds a secret: keep it to yourself. Ctrl-C ends it.', 'dim');
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
  });
  await server.close();
  await program.originals.settled();
  await program.close();
  return 0;
}
