import type { Interval } from './proportions.js';
import { poisson, seeded } from './random.js';

/** A value and how often the sample holds it. */
export interface Weighted {
  readonly value: number;
  readonly count: number;
}

export interface BootstrapOptions {
  readonly confidence: number;
  readonly resamples: number;
  readonly seed: number;
}

/**
 * The percentile interval of the difference of two means, first minus second; the same for the same seed. It assumes no
 * distribution, so that a few large buyers do not make it narrower than it is. `null` of an empty sample.
 * B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13; each value is drawn again a Poisson
 * number of times, as J. A. Hanley and B. MacGibbon do (Computer Methods and Programs in Biomedicine 83 (2006), 57–62),
 * so that what a resample costs depends on how many different values there are, not on how many contacts.
 */
export function bootstrapDifference(first: readonly Weighted[], second: readonly Weighted[], options: BootstrapOptions): Interval | null {
  const empty = (sample: readonly Weighted[]): boolean => sample.every(({ count }) => count <= 0);
  if (empty(first) || empty(second)) return null;
  const next = seeded(options.seed);
  const differences = Float64Array.from({ length: options.resamples }, () => resampledMean(first, next) - resampledMean(second, next)).sort();
  const outside = (1 - options.confidence) / 2;
  return { low: quantile(differences, outside), high: quantile(differences, 1 - outside) };
}

function resampledMean(sample: readonly Weighted[], next: () => number): number {
  for (;;) {
    let sum = 0;
    let all = 0;
    for (const { value, count } of sample) {
      const drawn = poisson(count, next);
      sum += drawn * value;
      all += drawn;
    }
    // Of a handful of contacts none may be drawn.
    if (all > 0) return sum / all;
  }
}

/** Between two values by a straight line: type 7 of R. J. Hyndman and Y. Fan, The American Statistician 50 (1996), 361–365. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const [below = 0, above = below] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at - Math.floor(at));
}
