/** Whose jobs they are: no account sees anything of another, and a request id means nothing outside of its own. */
export interface Account {
  /** Always `local` over stdio. */
  readonly tenant: string;
  /** The API's origin; `sandbox` for every sandbox, as their ports differ. */
  readonly api: string;
}

/** The tenant of a server that serves only the user who started it. */
export const LOCAL_TENANT = 'local';
