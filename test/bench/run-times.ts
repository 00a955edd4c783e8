/** Shapes of run times of a median (s) and a standard deviation of the logarithm, sigma. */
export type Shape = 'log-normal' | 'gamma';

/** A generator of run times in seconds, from a generator of numbers from 0 to 1. */
export function drawRunTimes(
  shape: Shape,
  median: number,
  sigma: number,
  random: () => number,
): () => number {
  if (shape === 'log-normal') return () => median * Math.exp(sigma * normal(random));
  const order = orderOfGamma(sigma);
  // Wilson and Hilferty's approximation of the median.
  const scale = median / (order * (1 - 1 / (9 * order)) ** 3);
  return () => scale * gamma(order, random);
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A gamma variate of scale 1, for orders of at least 1 (Marsaglia and Tsang). */
function gamma(order: number, random: () => number): number {
  const d = order - 1 / 3;
  for (;;) {
    const x = normal(random);
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < x * x * 0.5 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** The order of the gamma whose logarithm has the standard deviation sigma, for sigmas up to 1.2. */
function orderOfGamma(sigma: number): number {
  let [low, high] = [1, 10_000];
  for (let halving = 0; halving < 60; halving++) {
    const middle = Math.sqrt(low * high);
    if (trigamma(middle) > sigma ** 2) low = middle;
    else high = middle;
  }
  return low;
}

/** The variance of the logarithm of a gamma variate of scale 1. */
function trigamma(order: number): number {
  let [x, sum] = [order, 0];
  for (; x < 6; x += 1) sum += 1 / x ** 2;
  return sum + 1 / x + 1 / (2 * x ** 2) + 1 / (6 * x ** 3) - 1 / (30 * x ** 5);
}
