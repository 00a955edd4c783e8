import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkBooks, readRecords } from '../support/books.ts';
import { CALL } from '../support/calls.ts';
import { connect, KEY, textOf } from '../support/program.ts';
import { jobsDir } from '../support/records.ts';

const URL_OF = 'https://playgrounds-storage-public.runcomfy.net/a.png';
const DEEP = '['.repeat(100_000) + ']'.repeat(100_000);
const times = Number.POSITIVE_INFINITY;

/** Makes the paid call of a service whose results all read so, and tells what came of it. */
async function call(result: string) {
  const { client, sandbox, config } = await connect();
  sandbox.inject({ on: 'result', times, what: { status: 200, body: result } });
  const answer = await client.callTool(CALL);
  checkBooks(sandbox, config.dataDir, 1);
  const dir = jobsDir(config);
  const bytes = readdirSync(dir).map((name) => statSync(join(dir, name)).size);
  const [record] = readRecords(config.dataDir);
  return {
    answer,
    text: textOf(answer),
    record,
    recordBytes: Math.max(...bytes),
    id: sandbox.engine.jobs[0]?.id,
  };
}

describe('a result does no harm', () => {
  it('with an error that is nested deeply: it is told with its request id', async () => {
    const { text, record, id } = await call(`{"status":"failed","error":${DEEP}}`);
    expect(text).toContain(id);
    expect(text).toMatch(/\[job_failed\]$/);
    expect(record).toMatchObject({ state: 'failed', request_id: id });
  });

  it('with an error of 5 MB: it is cut before it is kept, and the key in it is not, wherever it stands', async () => {
    for (const before of [1_990, 1_985, 0]) {
      const error = `${'x'.repeat(before)}${KEY}`.padEnd(5 << 20, 'y');
      const { text, record, recordBytes } = await call(JSON.stringify({ status: 'failed', error }));
      expect(text).toMatch(/\[job_failed\]$/);
      expect(recordBytes).toBeLessThan(4_000);
      expect(record?.error).toHaveLength(2_000);
      for (let length = 6; length <= KEY.length; length++)
        expect(record?.error).not.toContain(KEY.slice(0, length));
    }
  });

  it('with a URL of 12 MB beside a real one: the real one is told', async () => {
    const images = [`https://a.runcomfy.net/${'x'.repeat(12 << 20)}`, URL_OF];
    const { answer, record } = await call(JSON.stringify({ status: 'succeeded', output: { images } }));
    expect(record).toMatchObject({ state: 'succeeded', urls: [URL_OF] });
    expect(JSON.stringify(answer).length).toBeLessThan(1 << 20);
  });

  it('with 100 long URLs: the answer stays below 1 MiB', async () => {
    const images = Array.from({ length: 100 }, (_, index) => `${URL_OF}?${index}${'x'.repeat(3_900)}`);
    const { answer } = await call(JSON.stringify({ status: 'succeeded', output: { images } }));
    expect(answer.structuredContent).toMatchObject({ status: 'succeeded' });
    expect(JSON.stringify(answer).length).toBeLessThan(1 << 20);
  });

  it('with 400,000 fields: it is read as if they were not there', async () => {
    const fields = Array.from({ length: 400_000 }, (_, index) => `"k${index}":${index}`).join();
    const { record } = await call(
      `{"status":"succeeded",${fields},"output":{"image":"${URL_OF}"},"cost":""}`,
    );
    expect(record).toMatchObject({ state: 'succeeded', urls: [URL_OF] });
    expect(record).not.toHaveProperty('cost_usd');
  });
});
