import { RefusedError } from './respond.ts';

/** How much all tenants may hold at the same time, and each of them. */
export interface ShareLimits {
  inAll: number;
  perTenant: number;
}

/** What one request holds. */
export interface Share {
  /** Throws RefusedError where the limit of the tenant or of all is exceeded; then it holds as much as before. */
  add(amount: number): void;
  /** Gives all of it back. */
  release(): void;
}

// In s.
const RETRY = { 'retry-after': '5' };

/** Counts what the requests of tenants hold, in words `what`, so that no tenant shuts the others out. */
export function createShares({ inAll, perTenant }: ShareLimits, what: string) {
  const held = new Map<string, number>();
  let all = 0;

  function change(tenant: string, amount: number): void {
    all += amount;
    const own = (held.get(tenant) ?? 0) + amount;
    if (own > 0) held.set(tenant, own);
    else held.delete(tenant);
  }

  /** Opens the share of a request, which holds nothing yet. */
  return (tenant: string): Share => {
    let mine = 0;
    return {
      add(amount) {
        if (amount <= 0) return;
        const refused = (status: number, who: string, next: string) =>
          new RefusedError(status, `${who} too many ${what} at once: nothing was submitted. ${next}`, RETRY);
        if ((held.get(tenant) ?? 0) + amount > perTenant)
          throw refused(429, 'you have', 'Wait for answers, then send it again.');
        if (all + amount > inAll) throw refused(503, 'the server has', 'Send it again in a moment.');
        change(tenant, amount);
        mine += amount;
      },
      release() {
        change(tenant, -mine);
        mine = 0;
      },
    };
  };
}
