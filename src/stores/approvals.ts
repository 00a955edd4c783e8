import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { ApprovalRequest, Approvals } from '../jobs/store.ts';

/** The hash by which a store knows a code: 32 hex digits. */
export const hashOf = (code: string): string => createHash('sha256').update(code).digest('hex').slice(0, 32);

/** Whether the approval of a request is one for these calls at this cost. */
export function covers(request: ApprovalRequest, fingerprint: string, usd: number | undefined): boolean {
  if (request.fingerprint !== fingerprint) return false;
  return request.usd === undefined || (usd !== undefined && usd <= request.usd);
}

/** The requests of an account in memory. */
export function createMemoryApprovals(clock: Clock): Approvals {
  const requests = new Map<string, { request: ApprovalRequest; isApproved: boolean }>();
  function removeExpired(): void {
    for (const [hash, { request }] of requests) if (request.expires <= clock.now()) requests.delete(hash);
  }

  return {
    async request(code, request) {
      removeExpired();
      requests.set(hashOf(code), { request, isApproved: false });
    },
    async approve(code) {
      removeExpired();
      const found = requests.get(hashOf(code));
      if (found) found.isApproved = true;
      return found?.request;
    },
    async take(fingerprint, usd) {
      removeExpired();
      for (const [hash, { request, isApproved }] of requests)
        if (isApproved && covers(request, fingerprint, usd)) return requests.delete(hash);
      return false;
    },
  };
}
