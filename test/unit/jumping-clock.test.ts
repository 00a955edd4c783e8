import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inThreadPool } from '../../src/thread-pool.ts';
import { createJumpingClock } from '../support/clock.ts';
import { noise } from '../support/images.ts';

const HOUR = 3_600_000;

/** The origin of a server. */
async function serve(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** In pieces, for much longer than a request rests before it is taken for one that is held. */
async function sendSlowly(response: ServerResponse): Promise<void> {
  for (let piece = 0; piece < 60; piece++) {
    response.write('x');
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  response.end();
}

const get = async (origin: string) => (await fetch(origin)).text();

describe('the clock of tests', () => {
  const WORK: [what: string, work: () => Promise<unknown>][] = [
    [
      'a request is answered',
      async () => get(await serve((response) => void response.end('x'.repeat(1 << 20)))),
    ],
    [
      'a server takes its time',
      async () => get(await serve((response) => void setTimeout(() => response.end('late'), 30))),
    ],
    ['a server sends bit by bit', async () => get(await serve((response) => void sendSlowly(response)))],
    ['a file is read', () => readFile(import.meta.filename)],
    ['a picture is encoded', () => inThreadPool(noise(500, 500).png().toBuffer())],
    ['a pause in real time lasts', () => delay(30)],
    ['a module is loaded', () => import('../support/trace.ts')],
  ];
  it.each(WORK)('stands still while %s', async (_, work) => {
    const clock = createJumpingClock();
    const began = clock.now();
    const first = await Promise.race([work().then(() => 'work'), clock.sleep(HOUR).then(() => 'clock')]);
    expect(first).toBe('work');
    expect(clock.now()).toBe(began);
  });

  it('jumps over what a server holds', async () => {
    const clock = createJumpingClock();
    const origin = await serve(() => {});
    get(origin).catch(() => {});
    const began = clock.now();
    await clock.sleep(HOUR);
    expect(clock.now() - began).toBe(HOUR);
  });

  it('wakes who sleeps in order, and each before time goes on', async () => {
    const clock = createJumpingClock();
    const began = clock.now();
    const woken: number[] = [];
    const sleep = (ms: number) => clock.sleep(ms).then(() => woken.push(clock.now() - began));
    await Promise.all([sleep(3 * HOUR), sleep(HOUR), sleep(HOUR).then(() => sleep(HOUR))]);
    expect(woken).toEqual([HOUR, HOUR, 2 * HOUR, 3 * HOUR]);
  });

  it('stops where a condition holds', async () => {
    const clock = createJumpingClock();
    const began = clock.now();
    let beats = 0;
    void (async () => {
      for (;;) {
        await clock.sleep(1_000);
        beats += 1;
      }
    })();
    expect(await clock.until(() => beats === 3)).toBe(true);
    expect(clock.now() - began).toBe(3_000);
    clock.stop();
  });
});
