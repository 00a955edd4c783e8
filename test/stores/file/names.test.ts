import { expect, it } from 'vitest';
import { createLister, formatName, idOf, parseName } from '../../../src/stores/file/names.ts';

const [first, second] = [1, 2].map((second) =>
  idOf(`2026-01-01T00:00:0${second}Z`, '0'.repeat(16), 'call'),
) as [string, string];

/** A lister of a folder whose readings are these, one after the other. */
const lister = (...readings: string[][]) => createLister('', async () => readings.shift() ?? []);

it('names a record so that it is found by its name', () => {
  expect(formatName(first, 12)).toMatch(/^20260101T000001000Z-0{16}-[0-9a-f]{8}\.12\.json$/);
  expect(parseName(formatName(first, 12))).toEqual({ id: first, revision: 12 });
  for (const name of [
    `.${first}.1.json.x.tmp`,
    `${first}.json`,
    `${first}.1.json~`,
    `${first}.-1.json`,
    'README.json',
  ])
    expect(parseName(name), name).toBeUndefined();
});

it('lists records, newest first, and their revisions as numbers, highest first', async () => {
  const names = [formatName(first, 9), formatName(second, 1), formatName(first, 10), 'README.json'];
  const listed = [
    { id: second, revisions: [1] },
    { id: first, revisions: [10, 9] },
  ];
  expect(await lister(names, names).list()).toEqual(listed);
  expect(await lister(names, names).revisionsOf(first)).toEqual([10, 9]);
});

it('misses no record that changes while the folder is read', async () => {
  const [before, behind] = [[formatName(second, 1)], [formatName(second, 1), formatName(first, 2)]];
  for (const readings of [
    [before, behind],
    [behind, before],
  ]) {
    expect((await lister(...readings).list()).map(({ id }) => id)).toEqual([second, first]);
    expect(await lister(...readings).revisionsOf(first)).toEqual([2]);
  }
});
