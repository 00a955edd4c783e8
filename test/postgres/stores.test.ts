import { describe } from 'vitest';
import { conformsInApprovals } from '../stores/approvals.ts';
import { conformsForBatches } from '../stores/batches.ts';
import { conforms } from '../stores/conformance.ts';
import { conformsInDeletion } from '../stores/deletion.ts';
import { conformsInReads } from '../stores/reads.ts';
import { conformsInSweeps } from '../stores/unfollowed.ts';
import { inPostgres } from './support/backend.ts';

describe('replicas on one Postgres', () => {
  conforms(inPostgres());
  conformsForBatches(inPostgres());
  conformsInApprovals(inPostgres());
  conformsInSweeps(inPostgres());
  conformsInDeletion(inPostgres());
  conformsInReads(inPostgres(), 3);
});
