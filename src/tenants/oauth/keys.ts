import type { createLocalJWKSet, JWTVerifyGetKey } from 'jose';
import type { Clock } from '../../clock.ts';
import { codeOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { fetchKeys } from './discovery.ts';

/** The keys of an issuer cannot be had, so nothing can be said of a token. */
export class IssuerUnavailable extends Error {}

// In ms. An issuer that changes its keys publishes the new ones some time before it uses them.
const FRESH = 600_000;
/** For how long keys are used that cannot be read anew. */
const MAX_AGE = 3_600_000;
/** Tokens with made-up key ids, and an issuer in trouble, lead to no more readings than one in so many ms. */
const COOLDOWN = 10_000;
const MAX_TIME = 10_000;

export interface KeySourceOptions {
  issuer: string;
  /** jose's, which is loaded late. */
  createSet: typeof createLocalJWKSet;
  clock: Clock;
  log: Log;
}

/** The keys of an issuer, read when they are needed. Throws IssuerUnavailable, and what jose throws. */
export function createKeySource({ issuer, createSet, clock, log }: KeySourceOptions): JWTVerifyGetKey {
  let known: { find: JWTVerifyGetKey; at: number } | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let hasFailed = false;
  let loading: Promise<void> | undefined;
  // A clock that is set back must not stop the readings.
  const age = (time: number) => Math.abs(clock.now() - time);

  async function load(): Promise<void> {
    const end = new AbortController();
    const timer = new AbortController();
    clock.sleep(MAX_TIME, timer.signal).then(
      () => end.abort(new Error(`no answer within ${MAX_TIME} ms`)),
      () => {},
    );
    try {
      known = { find: createSet((await fetchKeys(issuer, end.signal)) as never), at: clock.now() };
      hasFailed = false;
    } catch (error) {
      hasFailed = true;
      log.error(`the keys of ${issuer} cannot be read: ${(error as Error).message}`);
    } finally {
      timer.abort();
    }
  }

  /** Reads the keys anew, unless that was tried a moment ago; calls at the same time share a reading. */
  async function refresh(): Promise<void> {
    if (!loading && age(triedAt) < COOLDOWN) return;
    triedAt = clock.now();
    loading ??= load().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  return async (header, token) => {
    if (!known || age(known.at) > FRESH) await refresh();
    const find = () => {
      if (!known || age(known.at) > MAX_AGE) throw new IssuerUnavailable();
      return known.find(header, token);
    };
    try {
      return await find();
    } catch (error) {
      if (codeOf(error) !== 'ERR_JWKS_NO_MATCHING_KEY') throw error;
      await refresh();
      if (hasFailed) throw new IssuerUnavailable();
      return find();
    }
  };
}
