import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { call } from './call.ts';
import { gallery } from './gallery.ts';
import { history } from './history.ts';
import { http } from './http.ts';
import { library } from './library.ts';
import { many } from './many.ts';
import { pace } from './pace.ts';
import { simulateSchedules } from './schedule.ts';
import { scheduleTable } from './schedule-table.ts';
import { service } from './service.ts';
import { startup } from './startup.ts';
import { render, type Table } from './table.ts';

const PARTS = {
  startup: (peers: readonly string[]) =>
    startup(resolve('dist/main.js'), resolve('test/bench/floor.cjs'), peers),
  schedule: async () => [scheduleTable(simulateSchedules())],
  pace,
  many,
  call,
  library,
  history,
  http,
  service,
  gallery,
} satisfies Record<string, (peers: readonly string[]) => Promise<Table[]>>;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    peer: { type: 'string', multiple: true, default: [] },
  },
});
const unknown = positionals.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
  process.stderr.write(`no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}\n`);
  process.exit(2);
}
const tables: Table[] = [];
for (const [name, measure] of Object.entries(PARTS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  for (const table of await measure(values.peer)) {
    tables.push(table);
    if (!values.json) process.stdout.write(`${render(table)}\n`);
  }
}
if (values.json) process.stdout.write(`${JSON.stringify(tables, null, 2)}\n`);
process.exit(0);
