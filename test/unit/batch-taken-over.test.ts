import { expect, it } from 'vitest';
import { batchId, batchPrefix, memberFingerprint } from '../../src/jobs/batch/batch.ts';
import { createGenerateBatch } from '../../src/jobs/batch/generate-batch.ts';
import { createCalls } from '../../src/jobs/calls.ts';
import { createRateLimiter } from '../../src/jobs/polling/rate-limiter.ts';
import { createEstimates } from '../../src/jobs/spending/estimates.ts';
import type { Intent, StoredJob } from '../../src/jobs/store.ts';
import { createLog } from '../../src/log.ts';
import { createMemory } from '../../src/stores/memory.ts';
import { openCall, setUp } from '../support/claims.ts';
import { createJumpingClock } from '../support/clock.ts';

const ACCOUNT = { tenant: 'local', api: 'https://api.example' };
const { signal } = new AbortController();

it('a call that was frozen while it resumed a batch submits nothing of what another call has taken over', async () => {
  const memory = createMemory(createJumpingClock());
  const open = createCalls();
  const [store, other] = ['mine', 'other'].map((holder) =>
    memory.open({ account: ACCOUNT, openCalls: open, holder }),
  ) as [ReturnType<typeof memory.open>, ReturnType<typeof memory.open>];
  const given = setUp(() => store);
  const posts: unknown[] = [];
  const generateBatch = createGenerateBatch({
    ...{ ...given, store, calls: open },
    requireKey: async () => {},
    requireApproval: undefined,
    estimates: createEstimates({
      store,
      priceOf: () => undefined,
      clock: given.clock,
      log: createLog('silent', String),
    }),
    rateLimiter: createRateLimiter(given.clock),
    submit: async (claim, body) => {
      if (await claim.maySubmit()) posts.push(body);
      return { job: claim.job, resumed: false };
    },
    resume: async ({ job }) => ({ job, resumed: true }),
  });
  const call = { model: 'm/m', input: { prompt: 'a fox' } };
  const prefix = batchPrefix(ACCOUNT, [call, call]);

  // Of two jobs one was submitted by a process that is gone.
  const gone = memory.open({ account: ACCOUNT, openCalls: open, holder: 'gone' });
  const batch = { id: batchId(prefix, 'gone'), index: 0, size: 2 };
  const job: Intent['job'] = { ...call, batch, state: 'reserved', submitted_at: new Date().toISOString() };
  const [first] = await gone.reserve([{ fingerprint: memberFingerprint(prefix, 0), job }], 'gone');
  await gone.accepted(first as StoredJob, 'r-0');
  memory.kill('gone');

  const body = async () => {
    memory.kill('mine');
    expect(await other.claimRepeat(prefix, '', { id: 'again', signal })).toHaveLength(1);
    return {};
  };
  const { members } = await generateBatch([call, { ...call, body }], openCall().wait);
  expect(members).toMatchObject([{ job: { request_id: 'r-0' } }, { error: { code: 'taken_over' } }]);
  expect(posts).toEqual([]);
});
