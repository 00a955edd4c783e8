import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createKeepAlive } from '../../src/mcp/transports/http/keep-alive.ts';

// In ms: as long as a proxy waits for the next byte.
const PATIENCE = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A response as far as it is written to. */
function open() {
  const written: string[] = [];
  const response = Object.assign(new EventEmitter(), {
    ...{ writableEnded: false, writableNeedDrain: false },
    write: (text: string) => written.push(text),
  });
  return { response, written, keptBy: response as unknown as ServerResponse };
}

it('writes whole comments into every open stream before a proxy loses its patience', () => {
  const keepAlive = createKeepAlive();
  const streams = [open(), open()];
  for (const { keptBy } of streams) keepAlive(keptBy);
  vi.advanceTimersByTime(PATIENCE - 1);
  for (const { written } of streams) expect(new Set(written)).toEqual(new Set([': keepalive\n\n']));
});

it('writes nothing behind an end, nor what would pile up where nobody reads', () => {
  const keepAlive = createKeepAlive();
  const [ended, full, closed] = [open(), open(), open()];
  for (const { keptBy } of [ended, full, closed]) keepAlive(keptBy);
  ended.response.writableEnded = true;
  full.response.writableNeedDrain = true;
  closed.response.emit('close');
  vi.advanceTimersByTime(PATIENCE);
  for (const { written } of [ended, full, closed]) expect(written).toEqual([]);
});

it('has no timer while no stream is open, and one again for the next', () => {
  const keepAlive = createKeepAlive();
  const [first, next] = [open(), open()];
  keepAlive(first.keptBy);
  first.response.emit('close');
  expect(vi.getTimerCount()).toBe(0);
  keepAlive(next.keptBy);
  vi.advanceTimersByTime(PATIENCE);
  expect(next.written).not.toEqual([]);
});
