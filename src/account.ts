/**
 * Whose jobs are whose: nothing that is recorded, counted, listed or learned for one account is ever seen by another.
 * A request id means nothing outside of its account.
 */
export interface Account {
  /** Who calls: always `local` over stdio. */
  readonly tenant: string;
  /** Origin of the API that holds the jobs; `sandbox` for every sandbox, as their ports differ. */
  readonly api: string;
}

/** The tenant of a server that serves the user who started it. */
export const LOCAL_TENANT = 'local';
