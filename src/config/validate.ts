import type { Given } from './lookup.ts';
import { DEFAULT_BASE_URL } from './settings.ts';

const YES = ['1', 'true', 'yes', 'on'];
const NO = ['0', 'false', 'no', 'off'];
/** Host names of this machine, as they stand in URLs. */
export const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Reads settings by their flags; one that is invalid adds a problem and counts as not given. */
export function createValidator(setting: (flag: string) => Given[], problems: string[]) {
  function read<Value>(flag: string, parse: (text: string) => Value | undefined, expected: string) {
    const given = setting(flag).at(-1);
    const value = given && parse(given.value);
    if (given && value === undefined)
      problems.push(`${given.from} is "${given.value}"; it takes ${expected}`);
    return value;
  }

  return {
    isOn(flag: string): boolean {
      const parse = (word: string) => YES.includes(word) || (NO.includes(word) ? false : undefined);
      return read(flag, (text) => parse(text.toLowerCase()), 'true or false') ?? false;
    },

    number(flag: string, unit: string, min: number, max: number): number | undefined {
      const parse = (value: number) => (value >= min && value <= max ? value : undefined);
      return read(flag, (text) => parse(Number(text)), `a number of ${unit} from ${min} to ${max}`);
    },

    oneOf<Choice extends string>(flag: string, choices: readonly Choice[]): Choice | undefined {
      const parse = (word: string) => choices.find((choice) => choice === word);
      return read(flag, (text) => parse(text.toLowerCase()), choices.join(', '));
    },

    /** Model ids and patterns of them, from all values together. */
    patterns(flag: string): string[] | undefined {
      const given = setting(flag);
      if (given.length === 0) return undefined;
      return given.flatMap(({ value, from }) => {
        const patterns = value.split(',').flatMap((part) => part.trim() || []);
        for (const pattern of patterns.filter((text) => !/^[\w.~*/-]+$/.test(text)))
          problems.push(`${from} holds "${pattern}"; it takes model ids and patterns such as google/*/edit`);
        return patterns;
      });
    },

    /** An origin and a path, without a trailing slash or `/v1`. */
    baseUrl(flag: string): string {
      const given = setting(flag).at(-1);
      if (!given) return DEFAULT_BASE_URL;
      const refuse = (why: string) => {
        problems.push(`${given.from} ${why}`);
        return DEFAULT_BASE_URL;
      };
      const url = URL.canParse(given.value) ? new URL(given.value) : undefined;
      if (!url || !/^https?:$/.test(url.protocol)) return refuse(`is not a URL: "${given.value}"`);
      if (url.username || url.password || url.search || url.hash)
        return refuse('may hold no user, query or fragment');
      if (url.protocol === 'http:' && !LOOPBACK.includes(url.hostname))
        return refuse('must be https, as the key travels with every call (http only on loopback)');
      return (url.origin + url.pathname).replace(/\/+$/, '').replace(/\/v1$/, '');
    },
  };
}
