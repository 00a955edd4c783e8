/** When to look again. Each look costs a request, and each second between the end and the look costs the user one. */
export interface Schedule {
  /** Milliseconds until the next look at a job that has been queued, or running for `runningMs`. */
  gap(state: 'in_queue' | 'in_progress', runningMs: number): number;
}

/** A log-normal of the run time: its median in seconds and the sigma of its logarithm. */
export interface RunTime {
  median: number;
  sigma: number;
}

/** Before anything is learned: published figures do not exist, 8 to 90 s is what is assumed of these models. */
export const PRIOR: RunTime = { median: 20, sigma: 0.6 };

// Seconds of waiting that one request is worth.
const LOOK_COST = 0.35;
const SHORTEST_S = 0.5;
const LONGEST_S = 10;
const STEP_S = 0.05;
// A queue moves by whole jobs, so its position need not be read more often than this.
const QUEUE_GAP_S = 2;
// One job in ten is taken to come from a far wider log-normal, so that a job that takes longer
// than ever is still looked at regularly and not at the shortest gap.
const TAIL_WEIGHT = 0.1;
const TAIL_SIGMA = 1.5;

/**
 * The gap follows the hazard h of the job's end: sqrt(2c / h) balances looks against waiting. h is taken at the
 * time of the next look and not of the last: it rises steeply, and a long gap must not leap over the likely end.
 */
export function createSchedule(runTime: RunTime = PRIOR): Schedule {
  return {
    gap(state, runningMs) {
      if (state === 'in_queue') return QUEUE_GAP_S * 1000;
      const began = runningMs / 1000;
      for (let gap = SHORTEST_S; gap < LONGEST_S; gap += STEP_S) {
        if (gap >= Math.sqrt((2 * LOOK_COST) / hazard(began + gap, runTime))) return gap * 1000;
      }
      return LONGEST_S * 1000;
    },
  };
}

/** Rate in 1/s at which a job that has run for `t` seconds ends. */
function hazard(t: number, { median, sigma }: RunTime): number {
  const z = (spread: number) => Math.log(t / median) / spread;
  const density = (spread: number) => Math.exp(-(z(spread) ** 2) / 2) / (t * spread * Math.sqrt(2 * Math.PI));
  const mixed = (of: (spread: number) => number) =>
    (1 - TAIL_WEIGHT) * of(sigma) + TAIL_WEIGHT * of(TAIL_SIGMA);
  return (
    mixed(density) /
    Math.max(
      mixed((spread) => upperTail(z(spread))),
      Number.MIN_VALUE,
    )
  );
}

/** P(Z > z) of the standard normal, by Abramowitz and Stegun 26.2.17 (error under 7.5e-8). */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const k = 1 / (1 + 0.2316419 * z);
  const series =
    k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))));
  return (series * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
