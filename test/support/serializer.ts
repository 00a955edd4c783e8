import type { SnapshotSerializer } from 'vitest';

/** What differs from run to run in a text, and what stands for it in a snapshot. */
const VOLATILE: [pattern: RegExp, kind: string][] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID'],
  [/batch:[0-9a-f]{24}/g, 'batch:ID'],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT'],
  [/after \d+(\.\d+)? s\b/g, 'after N s'],
];

const plain = (text: string) => VOLATILE.reduce((rest, [pattern, kind]) => rest.replace(pattern, kind), text);

/** Writes ids, times and ports into snapshots as their kind. */
const serializer: SnapshotSerializer = {
  test: (value) => typeof value === 'string' && plain(value) !== value,
  serialize: (value, config, indentation, depth, refs, printer) =>
    printer(plain(value), config, indentation, depth, refs),
};

export default serializer;
