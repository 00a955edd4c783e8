import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { StoredJob } from '../../src/jobs/store.ts';
import { createHttp } from '../../src/runcomfy/http.ts';
import { migrate } from '../../src/stores/postgres/migrate.ts';
import { all, intent, open as openCall } from '../stores/conformance.ts';
import { claimRepeat, reserve } from '../stores/single.ts';
import { createFastClock } from '../support/clock.ts';
import { open, startReplica } from './support/backend.ts';
import { type Postgres, startPostgres } from './support/server.ts';

type Replica = Awaited<ReturnType<typeof startReplica>>;

const time = createFastClock(4);
const { fingerprint } = intent();
const { signal } = new AbortController();

let postgres: Postgres;
let mine: Replica;
let other: Replica;
beforeEach(async () => {
  postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  await migrate(await open(postgres.url(), time));
  [mine, other] = [
    await startReplica(postgres.url(), { time }),
    await startReplica(postgres.url(), { time }),
  ];
});

async function submitting(prompt?: string) {
  const call = openCall(mine as never);
  const { id } = await reserve(mine.store, intent(prompt), call.id);
  return { id, call, stored: (await mine.store.maySubmit(id, call.id)) as StoredJob };
}

const repeat = (prompt?: string) =>
  claimRepeat(other.store, intent(prompt).fingerprint, new Date(0).toISOString(), {
    ...openCall(other as never),
    signal,
  });

describe('while the database is away for some seconds', () => {
  it.each([
    [
      'as it crashed',
      async () => {
        await postgres.crash();
        await time.sleep(3_000);
        await postgres.start();
      },
    ],
    [
      'as it is frozen for longer than a try may take',
      async () => {
        postgres.freeze();
        await time.sleep(8_000);
        postgres.thaw();
      },
    ],
  ])('everything is done once, and no living call loses its job: %s', async (_, outage) => {
    const limit = (_: unknown, others: readonly unknown[]) =>
      others.length < 100 ? undefined : (new Error('too many') as never);
    const [sent, changed, told, refused] = [
      await submitting('sent'),
      await submitting('changed'),
      await submitting('told'),
      await submitting('refused'),
    ];
    const [waiting, followed] = [openCall(mine as never), await submitting()];
    const reserved = await reserve(mine.store, intent('waiting'), waiting.id);
    await mine.store.accepted(followed.stored, 'followed');
    await mine.store.approvals.request('CODE', {
      fingerprint,
      subject: 'x',
      expires: Date.now() + 3_600_000,
    });
    await mine.store.approvals.approve('CODE');
    const asking = repeat();
    const over = outage();
    const at = new Date().toISOString();
    const fresh = openCall(mine as never);
    const done = await Promise.all([
      reserve(mine.store, intent('fresh'), fresh.id, limit),
      mine.store.maySubmit(reserved.id, waiting.id),
      mine.store.accepted(sent.stored, 'r-1'),
      mine.store.update(changed.id, (job) => ({ ...job, state: 'failed' })),
      mine.store.release(told.id, told.call.id, at),
      mine.store.discard(refused.id, refused.call.id),
      mine.store.approvals.take(fingerprint, undefined),
    ]);
    await over;
    expect(done[6]).toBe(true);
    expect(await mine.store.approvals.take(fingerprint, undefined)).toBe(false);
    expect(await asking.catch((error) => error.code)).toBeOneOf([undefined, 'store_unavailable']);
    expect(await repeat()).toBeUndefined();
    const jobs = Object.fromEntries((await all(mine as never)).map((one) => [one.job.input.prompt, one]));
    expect(Object.keys(jobs).sort()).toEqual(['a fox', 'changed', 'fresh', 'sent', 'told', 'waiting']);
    expect(jobs.fresh).toEqual(done[0]);
    expect(jobs.waiting?.job.state).toBe('submitting');
    expect(jobs.sent?.job.request_id).toBe('r-1');
    expect(jobs.changed?.job.state).toBe('failed');
    expect(jobs.told?.job.delivered_at).toBe(at);
    expect(jobs['a fox']?.lease?.call).toBe(followed.call.id);
  });
});

it('a reservation that is given up, and recorded later, is neither sent nor counted once its call is repeated', async () => {
  await reserve(mine.store, intent('earlier'), openCall(mine as never).id);
  postgres.freeze();
  const call = openCall(mine as never);
  await expect(reserve(mine.store, intent(), call.id)).rejects.toMatchObject({ code: 'store_unavailable' });
  call.close();
  postgres.thaw();
  await expect.poll(() => all(mine as never)).toHaveLength(2);
  expect(await repeat()).toBeUndefined();
  expect(await mine.store.maySubmit((await all(mine as never))[0]?.id ?? '', call.id)).toBeUndefined();
  let counted = 0;
  await reserve(mine.store, intent('later'), openCall(mine as never).id, (_, others) => {
    counted = others.length;
    return undefined;
  });
  expect(counted).toBe(1);
});

it('a job that may be sent is not sent by a process that was frozen meanwhile', async () => {
  const call = openCall(mine as never);
  const { id } = await reserve(mine.store, intent(), call.id);
  let uptime = 0;
  const http = createHttp({}, () => uptime);
  onTestFinished(() => http.close());
  let isSent = false;
  const { createServer } = await import('node:http');
  const server = createServer((_, response) => {
    isSent = true;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const send = (frozenFor: number) =>
    http.send({
      method: 'POST',
      url: new URL(`http://127.0.0.1:${port}/`),
      key: 'k',
      isPaid: true,
      async beforeSend() {
        if (!(await mine.store.maySubmit(id, call.id))) throw new Error('taken over');
        uptime += frozenFor;
      },
    });
  await expect(send(14_000)).rejects.toMatchObject({ code: 'TOO_LATE', sent: false });
  mine.die();
  // It is believed dead, and its call is repeated elsewhere.
  const doubted = await repeat();
  expect(doubted).toMatchObject({ id, job: { state: 'submitting' } });
  await expect(send(0)).rejects.toThrow('taken over');
  expect(isSent).toBe(false);
});
