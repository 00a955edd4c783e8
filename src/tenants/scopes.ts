import { objectOf } from '../json.ts';
import type { Caller, Scope } from './tenant.ts';

/**
 * The scope that a caller lacks for a message, or an array of them, that was posted. `images:read` is for all that is
 * free and changes nothing, and part of `images:generate`. `changes` tells of a tool whether it costs or changes anything.
 */
export async function missingScope(
  { scopes }: Caller,
  body: unknown,
  changes: (tool: string) => Promise<boolean>,
): Promise<Scope | undefined> {
  if (scopes.has('images:generate')) return undefined;
  if (!scopes.has('images:read')) return 'images:read';
  for (const message of [body].flat()) {
    const { method, params } = objectOf(message);
    const { name } = objectOf(params);
    if (method === 'tools/call' && typeof name === 'string' && (await changes(name)))
      return 'images:generate';
  }
  return undefined;
}
