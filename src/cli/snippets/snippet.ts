/** A piece of configuration to paste into a host. */
export interface Snippet {
  host: string;
  /** Where it goes. */
  place: string;
  language: 'json' | 'toml' | 'sh' | 'ts' | 'python';
  text: string;
  /** What to know about this host. */
  note?: string;
}

/** Stands where the user's key belongs. */
export const KEY = 'YOUR_RUNCOMFY_API_KEY';
