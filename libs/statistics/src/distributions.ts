import jstat from 'jstat';

/** The standard normal quantile for a two-sided interval: 1.96 of 0.95. */
export function criticalZ(confidence: number): number {
  return jstat.normal.inv(1 - (1 - confidence) / 2, 0, 1);
}

/** The chance of a standard normal value at least as far from 0 as `z`, on either side. */
export function twoSidedP(z: number): number {
  return Math.min(1, 2 * jstat.normal.cdf(-Math.abs(z), 0, 1));
}

/** The natural logarithm of the number of ways to choose `k` of `n`. */
export function logChoose(n: number, k: number): number {
  return jstat.gammaln(n + 1) - jstat.gammaln(k + 1) - jstat.gammaln(n - k + 1);
}

/** The standard normal quantile: 0.8416 of 0.8. */
export function quantileZ(p: number): number {
  return jstat.normal.inv(p, 0, 1);
}

/** The critical value of Student's t for a two-sided interval. `freedom` need not be whole. */
export function criticalT(confidence: number, freedom: number): number {
  return jstat.studentt.inv(1 - (1 - confidence) / 2, freedom);
}

/** The chance of a value of Student's t at least as far from 0 as `t`, on either side. */
export function twoSidedT(t: number, freedom: number): number {
  return Math.min(1, 2 * jstat.studentt.cdf(-Math.abs(t), freedom));
}

/** The chance that a chi-squared value is at least `x`. */
export function chiSquaredP(x: number, freedom: number): number {
  return 1 - jstat.chisquare.cdf(x, freedom);
}
