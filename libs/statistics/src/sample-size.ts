import { criticalZ, quantileZ } from './distributions.js';

/** How sure a test is to be: `alpha` is its two-sided level, `power` the chance to find a difference as large as planned. */
export interface Certainty {
  readonly alpha: number;
  readonly power: number;
}

/**
 * How many each of two arms needs to tell two proportions apart; not rounded.
 * J. L. Fleiss, B. Levin and M. C. Paik, Statistical Methods for Rates and Proportions, 3rd edition (2003), formula 4.14,
 * without a correction for continuity: what `power.prop.test` of R computes.
 */
export function sampleSizeOfProportions(first: number, second: number, { alpha, power }: Certainty): number {
  const middle = (first + second) / 2;
  const spread = criticalZ(1 - alpha) * Math.sqrt(2 * middle * (1 - middle))
    + quantileZ(power) * Math.sqrt(first * (1 - first) + second * (1 - second));
  return (spread / (first - second)) ** 2;
}

/**
 * How many each of two arms needs to tell two means apart that lie `difference` apart; not rounded. The normal formula
 * with the addition for the t-test of W. C. Guenther, Sample sizes for normal theory t tests, The American Statistician
 * 35 (1981), 243–244.
 */
export function sampleSizeOfMeans(difference: number, standardDeviation: number, { alpha, power }: Certainty): number {
  const critical = criticalZ(1 - alpha);
  return 2 * ((critical + quantileZ(power)) * standardDeviation / difference) ** 2 + critical ** 2 / 4;
}
