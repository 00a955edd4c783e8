import { isIPv6 } from 'node:net';
import { parseHostName } from './address.ts';
import type { Given } from './lookup.ts';

/** The single values of lists with commas, with where each comes from. */
const parts = (given: readonly Given[]): Given[] =>
  given.flatMap(({ value, from }) =>
    value.split(',').flatMap((part) => (part.trim() ? { value: part.trim(), from } : [])),
  );

const urlOf = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

/** Host names in their one spelling. Adds a problem for each that is none, with what was probably meant. */
export function readAllowedHosts(given: readonly Given[], problems: string[]): string[] {
  return parts(given).flatMap(({ value, from }) => {
    const name = parseHostName(value);
    if (name !== undefined) return name;
    const url = isIPv6(value) ? `http://[${value}]` : value.includes('://') ? value : `http://${value}`;
    const meant = parseHostName(urlOf(url)?.hostname ?? '') ?? 'mcp.example.com';
    problems.push(
      `${from} holds "${value}"; it takes host names without scheme, port, path or *, such as ${meant}`,
    );
    return [];
  });
}

/** Origins as browsers send them. Adds a problem for each that is none, with what was probably meant. */
export function readAllowedOrigins(given: readonly Given[], problems: string[]): string[] {
  return parts(given).flatMap(({ value, from }) => {
    const url = urlOf(value);
    const isWeb = url !== undefined && /^https?:$/.test(url.protocol) && parseHostName(url.hostname);
    if (isWeb && url.origin === value.toLowerCase()) return url.origin;
    const meant = isWeb ? url.origin : 'https://app.example.com';
    problems.push(
      `${from} holds "${value}"; it takes origins, with scheme and without path or *, such as ${meant}`,
    );
    return [];
  });
}
