// A process of its own on the records of a folder: it says that it is ready, waits for a line, and does what it is told.
import { once } from 'node:events';
import { systemClock } from '../../../src/clock.ts';
import type { Job } from '../../../src/jobs/job.ts';
import { createLog } from '../../../src/log.ts';
import { linkFile } from '../../../src/stores/file/disk.ts';
import { createHolder } from '../../../src/stores/file/holder.ts';
import { createFileStore } from '../../../src/stores/file/store.ts';
import { refuseLink } from './gate.ts';

const [dataDir = '', what, id = '', count, links] = process.argv.slice(2);
const log = createLog('warn', (text) => text);
const clock = systemClock;
const end = new AbortController();
const holder = createHolder({ dir: `${dataDir}/holders`, clock, ended: end.signal, log });
const account = { tenant: 'local', api: 'https://api.example' };
const openCalls = { has: () => true };
const link = links === 'none' ? refuseLink : linkFile;
const store = createFileStore({ dataDir, account, openCalls, holder, clock, random: Math.random, log, link });

process.stdout.write('ready\n');
await once(process.stdin, 'data');
process.stdin.unref();
if (what === 'add') {
  const add = (job: Job): Job => ({ ...job, cost_usd: (job.cost_usd ?? 0) + 1 });
  for (let n = 0; n < Number(count); n++) await store.update(id, add);
} else {
  // Whatever is asked first imports the records of 0.1.0.
  const ids: string[] = [];
  for await (const { job } of store.newest()) ids.push(job.request_id ?? '');
  process.stdout.write(`${ids.length}\n`);
}
end.abort();
process.stdin.destroy();
