import { pathToFileURL } from 'node:url';
import { type Connected, connect } from './program.ts';

/** What a client of roots saw, and what it answers. */
export interface RootsClient extends Connected {
  /** How often it was asked. */
  asked(): number;
  /** Sets the folders that are its roots from now on, and says so unless that is silenced. */
  setRoots(folders: readonly string[], options?: { silent: boolean }): Promise<void>;
}

/** Connects a client that has folders, or URIs, as its roots. */
export async function connectWithRoots(
  folders: readonly string[],
  options: Parameters<typeof connect>[0] = {},
): Promise<RootsClient> {
  const connected = await connect({ clientCapabilities: { roots: { listChanged: true } }, ...options });
  let current = folders;
  let asked = 0;
  connected.client.setRequestHandler('roots/list', () => {
    asked += 1;
    return {
      roots: current.map((root) => ({ uri: /^[\w-]+:/.test(root) ? root : pathToFileURL(root).href })),
    };
  });
  return {
    ...connected,
    asked: () => asked,
    async setRoots(next, { silent } = { silent: false }) {
      current = next;
      if (!silent) await connected.client.sendRootsListChanged();
    },
  };
}
