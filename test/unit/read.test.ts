import { describe, expect, it, onTestFinished } from 'vitest';
import { createRunComfy } from '../../src/runcomfy/client.ts';
import { createHttp } from '../../src/runcomfy/http.ts';
import { createJumpingClock } from '../support/clock.ts';
import { http, type RawAnswer, startRawUpstream } from '../support/raw-upstream.ts';

const FINE = http(200, { balance_usd: 5 });
const BUSY = http(503, { message: 'busy' });

/** A client of an upstream that answers each read of the balance with what is told last. */
async function client() {
  let told: RawAnswer = FINE;
  const { origin, requests } = await startRawUpstream([], { free: () => told });
  const connections = createHttp();
  onTestFinished(connections.close);
  const clock = createJumpingClock();
  const api = createRunComfy({
    ...{ baseUrl: origin, balanceUrl: `${origin}/balance`, key: async () => 'key', redact: String },
    ...{ http: connections, clock, random: () => 0.5 },
  });
  /** Reads so often, and tells how many requests each read took, and how long all of them. */
  const read = async (times: number, answer: RawAnswer) => {
    told = answer;
    const began = clock.now();
    const tries: number[] = [];
    for (let count = 0; count < times; count++) {
      const before = requests.length;
      await api.balance().catch(() => {});
      tries.push(requests.length - before);
    }
    return { tries, seconds: (clock.now() - began) / 1000 };
  };
  return { read };
}

const each = (tries: number, times: number) => Array.from({ length: times }, () => tries);

describe('reads of a service in trouble', () => {
  it('share a budget of retries, which answers fill again, up to where it began', async () => {
    const { read } = await client();
    await read(100, FINE);
    expect((await read(13, BUSY)).tries).toEqual([...each(3, 10), ...each(1, 3)]);
    await read(25, FINE);
    expect((await read(3, BUSY)).tries).toEqual([3, 1, 1]);
  });

  it.each([
    [20, 3],
    [21, 1],
  ])('that ask to wait for %i s take %i tries', async (wait, tries) => {
    const { read } = await client();
    const seen = await read(1, http(429, {}, { 'retry-after': wait }));
    expect(seen).toEqual({ tries: [tries], seconds: wait * (tries - 1) });
  });
});
