/** What a sum of costs takes from a job. */
interface Costed {
  status: string;
  model?: string;
  /** ISO 8601. */
  submitted_at?: string | undefined;
  cost_usd?: number | undefined;
}

/** What RunComfy reported about jobs, in USD. Days and models in the order in which the jobs come. */
export interface CostSums {
  usd: number;
  /** Jobs with a reported cost, which may be 0. */
  reported: number;
  /** Jobs without one that may have been charged all the same: all that ended but for cancelled ones. */
  unreported: number;
  by_day: Record<string, number>;
  by_model: Record<string, number>;
}

const MAY_BE_CHARGED = ['succeeded', 'failed', 'unknown'];

/** Sums the reported costs of jobs; `dayOf` names the day of a time (ISO 8601). Nothing is assumed. */
export function sumCosts(jobs: readonly Costed[], dayOf: (time: string) => string): CostSums {
  const sums: CostSums = { usd: 0, reported: 0, unreported: 0, by_day: {}, by_model: {} };
  const add = (to: Record<string, number>, key: string, usd: number) => {
    to[key] = inMillionths((to[key] ?? 0) + usd);
  };
  for (const { status, model = 'unknown', submitted_at, cost_usd } of jobs) {
    if (cost_usd === undefined) {
      if (MAY_BE_CHARGED.includes(status)) sums.unreported += 1;
      continue;
    }
    sums.reported += 1;
    sums.usd = inMillionths(sums.usd + cost_usd);
    add(sums.by_day, submitted_at === undefined ? 'unknown' : dayOf(submitted_at), cost_usd);
    add(sums.by_model, model, cost_usd);
  }
  return sums;
}

/** An amount as RunComfy counts, in millionths: sums of prices such as 0.034 are not exact. */
export const inMillionths = (usd: number): number => Math.round(usd * 1e6) / 1e6;

/** An amount in words, as exact as RunComfy counts: `$0.034`, `-$2`. */
export const dollars = (usd: number): string => `${usd < 0 ? '-' : ''}$${Math.abs(inMillionths(usd))}`;
