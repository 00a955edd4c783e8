import { ToolError } from '../errors.ts';
import type { JobStore } from './store.ts';

/**
 * Tells which jobs are an account's own, where others may use the same RunComfy account. RunComfy is not asked about
 * any other, so that nothing tells the job of somebody else from one that never was.
 */
export function createOwnJobs(records: JobStore) {
  /** The request ids that could not be recorded yet. */
  const unrecorded = new Set<string>();
  const store: JobStore = {
    ...records,
    async accepted(seen, requestId) {
      unrecorded.add(requestId);
      const stored = await records.accepted(seen, requestId);
      unrecorded.delete(requestId);
      return stored;
    },
  };

  return {
    store,
    /** Throws `unknown_request` for any other job, or `store_unavailable`. */
    async require(requestId: string): Promise<void> {
      if (unrecorded.has(requestId)) return;
      // Of a deleted one the caller is told that it was.
      if (await records.byRequestId(requestId, { withDeleted: true })) return;
      throw new ToolError('unknown_request', `No job ${requestId} is recorded on this server.`, {
        next: 'Check the request_id, or see list_image_jobs.',
      });
    },
  };
}
