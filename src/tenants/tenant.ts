/** What a caller may do: the free tools, or those that cost money or change something too. */
export const SCOPES = ['images:read', 'images:generate'] as const;
export type Scope = (typeof SCOPES)[number];

/** Where a tenant's RunComfy key is: it never stands in the tenants' file. */
export type KeyReference = { readonly env: string } | { readonly file: string };

/** Somebody whom a server over HTTP serves, with jobs, limits and a RunComfy key of their own. */
export interface Tenant {
  readonly id: string;
  /** Undefined for the user who started the server, whose key is found as it is over stdio, and in a sandbox. */
  readonly key: KeyReference | undefined;
  /** What differs from the server's own settings. */
  readonly settings: TenantSettings;
}

/** In the units of the settings that they replace. */
export interface TenantSettings {
  readonly models?: readonly string[] | undefined;
  readonly maxJobsPerHour?: number | undefined;
  readonly maxActiveJobs?: number | undefined;
  readonly budgetUsd?: number | undefined;
  readonly confirmAboveUsd?: number | undefined;
  readonly readsPerSecond?: number | undefined;
  readonly keepImagesBytes?: number | undefined;
}

/** Who makes a request, and what they may do. */
export interface Caller {
  readonly tenant: Tenant;
  readonly scopes: ReadonlySet<Scope>;
}
