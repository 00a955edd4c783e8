/** A piece of configuration or code to paste for a host. */
export interface Snippet {
  host: string;
  /** Where it goes. */
  place: string;
  language: 'json' | 'toml' | 'sh' | 'ts' | 'python';
  text: string;
  /** What to know about the host. */
  note?: string | undefined;
}

/** Stands for the user's key. */
export const KEY = 'YOUR_RUNCOMFY_API_KEY';

/** A snippet for a configuration file in JSON. */
export function jsonSnippet(host: string, place: string, value: object, note?: string): Snippet {
  return { host, place, language: 'json', text: JSON.stringify(value, null, 2), note };
}
