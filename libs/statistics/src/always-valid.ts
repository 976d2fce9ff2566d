import type { Interval } from './proportions.js';
import type { Sample } from './means.js';

export interface AlwaysValid {
  /** The mean of the first by that of the second. */
  readonly ratio: number;
  readonly interval: Interval;
  readonly p: number;
}

export interface AlwaysValidOptions {
  /** The level: the chance that the interval, looked at as often as one likes, ever leaves out the true ratio. */
  readonly alpha: number;
  /**
   * Which ratio is looked for, such as 1.1 of ten percent more. Fixed before the first look: valid whatever it is, and
   * soonest to find a ratio of about this size.
   */
  readonly expectedRatio: number;
}

/**
 * A p-value and an interval of the ratio of two means that stay right however often one looks, and whenever one stops:
 * the mixture sequential probability ratio test with a normal mixture over the logarithm of the ratio. `null` where a
 * mean is not above 0.
 *
 * R. Johari, L. Pekelis and D. J. Walsh, Always valid inference: bringing sequential analysis to A/B testing (2015),
 * arXiv 1512.04922; R. Johari, P. Koomen, L. Pekelis and D. J. Walsh, Operations Research 70 (2022), 1806–1821: with
 * an estimate of variance V and a mixture of variance τ², Λ = √(V/(V+τ²)) · exp(τ²·estimate² / (2V(V+τ²))), p = 1/Λ.
 * H. Robbins, Annals of Mathematical Statistics 41 (1970), 1397–1409.
 *
 * Why the logarithm: the test needs estimates of which an earlier and a later one covary as much as the later one varies.
 * Contacts here are all drawn at the start, and what comes is time: a share of them that has converted grows. With shares
 * p(s) <= p(t), Cov(D(s), D(t)) of the difference D is 2/n · p(s)(1 - p(t)), which is not so, and its variance grows. Of
 * D/p it is 2/n · (1 - p(t))/p(t): just the variance of the later one. The same holds where contacts come one by one.
 */
export function alwaysValidRatio(first: Sample, second: Sample, { alpha, expectedRatio }: AlwaysValidOptions): AlwaysValid | null {
  if (first.mean <= 0 || second.mean <= 0) return null;
  const variance = first.variance / first.n / first.mean ** 2 + second.variance / second.n / second.mean ** 2;
  if (!(variance > 0)) return null;
  const mixture = Math.log(expectedRatio) ** 2;
  const estimate = Math.log(first.mean / second.mean);
  const evidence = 0.5 * Math.log(variance / (variance + mixture)) + mixture * estimate ** 2 / (2 * variance * (variance + mixture));
  const reach = Math.sqrt(variance * (variance + mixture) / mixture * (2 * Math.log(1 / alpha) + Math.log((variance + mixture) / variance)));
  return {
    ratio: Math.exp(estimate), p: Math.min(1, Math.exp(-evidence)),
    interval: { low: Math.exp(estimate - reach), high: Math.exp(estimate + reach) },
  };
}
