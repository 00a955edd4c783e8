import type { Server } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { type Clock, unlessAborted, within } from '../clock.ts';
import type { ListRoots } from '../images/folders/allowed-folders.ts';
import { safeRoots } from '../images/folders/safe-roots.ts';
import type { Log } from '../log.ts';
import { shorten } from '../runcomfy/sanitize.ts';

// In ms.
const MAX_WAIT = 2_000;
const MAX_SHOWN = 200;

// Looser than the SDK's, which refuses a whole list for one root of another scheme. Built when it is asked for.
const createAnswer = () => z.object({ roots: z.array(z.object({ uri: z.string() })) });

interface RootsOptions {
  clock: Clock;
  homeDir: string;
  log: Log;
}

/**
 * Makes what asks a client for its roots: when they are first needed, and again after it said that they changed. A client
 * that has none to tell, fails, does not answer in time, or cannot be asked (2026-07-28) has none; an answer that comes
 * late counts from then on.
 */
export function createRoots(server: Server, { clock, homeDir, log }: RootsOptions): ListRoots {
  let known: Promise<readonly string[]> | undefined;
  server.setNotificationHandler('notifications/roots/list_changed', () => {
    known = undefined;
  });

  const none = (why: string) => {
    log.info(`the client's roots are not known: ${shorten(why, MAX_SHOWN)}`);
    return [];
  };

  function ask(): Promise<readonly string[]> {
    const answered = server.request({ method: 'roots/list' }, createAnswer()).then(
      ({ roots }) =>
        safeRoots(
          roots.map(({ uri }) => uri),
          homeDir,
        ),
      (error) => none(error.message),
    );
    const late = new Error(`no answer within ${MAX_WAIT / 1000} s`);
    const inTime = within(clock, MAX_WAIT, late, (signal) => unlessAborted(answered, signal)).catch(
      (error) => {
        answered.then((roots) => {
          if (known === inTime) known = Promise.resolve(roots);
        });
        return none(error.message);
      },
    );
    return inTime;
  }

  return async () => {
    if (!server.getClientCapabilities()?.roots) return [];
    known ??= ask();
    return known;
  };
}
